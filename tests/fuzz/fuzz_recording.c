/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: any bytes are read and printed, or refused with a line and a reason. */
#include "promise.h"

#include <nicemu/report/recording.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report_style style = {.columns = 100};
	struct recording_error error;
	json_t *recording;
	char *text = NULL;
	size_t length = 0;
	FILE *in, *out;

	if (!size)
		return 0;
	in = fmemopen((void *)data, size, "r");
	recording = recording_read(in, &error);
	fclose(in);
	CHECK(recording ? error.error == 0 : error.error < 0 && error.line && *error.text);
	out = open_memstream(&text, &length);
	if (recording)
		report_print_recording(out, recording, &style);
	fclose(out);
	/* No byte of the input commands a terminal. */
	for (size_t i = 0; i < length; i++)
		CHECK(text[i] == '\n' || (uint8_t)text[i] >= 0x20);
	free(text);
	json_decref(recording);
	return 0;
}
