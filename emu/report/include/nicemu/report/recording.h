/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: every command that passes offload/, as lines of JSON; writing, reading, printing.
 *
 * Why: what a kernel hands to a driver can be kept, read, compared with another kernel's, and with
 * what the emulator's own nf_tables would have handed over. One recorder writes all of them, since
 * it looks on at the one place where commands pass.
 *
 * The first line is {"nicemu_recording": 1, "generator", "source": "kernel" | "emulator",
 * "kernel": "6.1.192"}, then there is one event a line; DESIGN.md section 7 has their members.
 * Ports are told of before the first command that names them, and again with a new name. Cookies
 * and blocks are numbers from 1 in the order of their first appearance; one that is used again
 * after it was destroyed gets a new number, so recordings of two runs compare.
 *
 * Invariants: each line is written whole, with one call, so a recorder that is killed leaves whole
 * lines; when writing fails (a full disk) the recording ends at the last whole line, and nothing
 * more is written. Reading is bounded and checks every member that printing uses.
 *
 * Threading: the recorder belongs to the emulator's event loop; the rest are functions over their
 * arguments.
 */
#ifndef NICEMU_REPORT_RECORDING_H
#define NICEMU_REPORT_RECORDING_H

#include <nicemu/report/report.h>

enum { RECORDING_VERSION = 1, RECORDING_LINE_MAX = 1 << 18, RECORDING_EVENTS_MAX = 1 << 22 };

struct recorder;

struct recorder_options {
	const char *generator; /* "nicemu X.Y.Z" */
	const char *source;    /* "kernel" or "emulator" */
	bool reproducible; /* without times, indexes and addresses, which differ from run to run */
};

/*
 * Begin: writes the first line and looks on at the emulator's offload/ from now on. fd is taken
 * over, also on failure. 0, or a negative errno.
 */
int recorder_create(struct recorder **recorder, int fd, struct emulator *emulator,
		    const struct recorder_options *options);

/* 0, or the negative errno with which writing stopped. */
int recorder_error(const struct recorder *recorder);

/* End, before the emulator does. 0, or as recorder_error. NULL is fine (0). */
int recorder_destroy(struct recorder *recorder);

struct recording_error {
	int error;      /* negative errno; -EINVAL: not a recording */
	size_t line;    /* from 1 */
	char text[256]; /* what is wrong with it */
};

/*
 * {"nicemu_recording", "generator", "source", "kernel", "events": […]}: a new reference, or NULL
 * with error filled.
 */
json_t *recording_read(FILE *in, struct recording_error *error);

/* Such a document for people: a line a command, keys and actions below it. For reading and diff. */
void report_print_recording(FILE *out, const json_t *recording, const struct report_style *style);

#endif
