/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/report/report.h>

#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Bytes of the UTF-8 character at text, or 0 where there is none. jansson has the last word. */
static size_t character_size(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	json_t *sample;

	for (size_t i = 1; i < size; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	sample = json_stringn(text, size);
	json_decref(sample);
	return sample ? size : 0;
}

json_t *report_string(const char *text)
{
	json_t *string = json_string(text);
	size_t used = 0;
	char *clean;

	if (string)
		return string;
	clean = malloc(strlen(text) * (sizeof(replacement) - 1) + 1);
	if (!clean)
		return NULL;
	while (*text) {
		size_t size = character_size(text);

		if (size)
			memcpy(clean + used, text, size);
		else
			memcpy(clean + used, replacement, sizeof(replacement) - 1);
		used += size ? size : sizeof(replacement) - 1;
		text += size ? size : 1;
	}
	string = json_stringn(clean, used);
	free(clean);
	return string;
}
