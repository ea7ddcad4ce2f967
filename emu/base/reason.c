/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/base/reason.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t bytes_of_character(unsigned char first)
{
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/* What does not fit is left out, and no character is cut in half: that would be no text to JSON. */
static void write_text(char *text, size_t size, const char *format, va_list args)
{
	int length = vsnprintf(text, size, format, args);
	size_t end = size - 1, last = end - 1;

	if (length < 0)
		text[0] = '\0';
	if (length < 0 || (size_t)length <= end)
		return;
	while (last > 0 && ((unsigned char)text[last] & 0xc0) == 0x80)
		last--;
	if (last + bytes_of_character((unsigned char)text[last]) > end)
		text[last] = '\0';
}

int reason_set(struct reason *reason, const char *id, int error, enum reason_layer layer,
	       const char *format, ...)
{
	va_list args;

	if (reason) {
		*reason =
			(struct reason){.id = id, .error = error, .layer = layer, .expression = -1};
		va_start(args, format);
		write_text(reason->clause, sizeof(reason->clause), format, args);
		va_end(args);
	}
	return -error;
}

int reason_no_memory(struct reason *reason)
{
	return reason_set(reason, "no-memory", ENOMEM, REASON_CAPACITY,
			  "the emulator is out of memory");
}

void reason_form(struct reason *reason, const char *form)
{
	size_t used;

	if (!reason)
		return;
	used = strlen(reason->forms);
	if (reason->forms_left_out || used + strlen(form) + 2 > sizeof(reason->forms))
		reason->forms_left_out++;
	else
		sprintf(reason->forms + used, "%s%s", used ? "\n" : "", form);
}

void reason_hint(struct reason *reason, const char *format, ...)
{
	va_list args;

	if (!reason)
		return;
	va_start(args, format);
	write_text(reason->hint, sizeof(reason->hint), format, args);
	va_end(args);
}

const char *reason_layer_name(enum reason_layer layer)
{
	static const char *const names[] = {
		[REASON_KERNEL] = "kernel",
		[REASON_MODEL] = "model",
		[REASON_CAPACITY] = "capacity",
		[REASON_FAULT] = "fault",
	};

	return names[layer];
}

const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "E?";
}
