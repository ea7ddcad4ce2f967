/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an emulator needs that serves a real kernel: the module, its device, the kernel's version.
 *
 * Each thing that the environment lacks has one message with its remedy. Threading: one thread.
 */
#ifndef NICEMU_CLI_ATTACH_H
#define NICEMU_CLI_ATTACH_H

#include "cli.h"

#include <nicemu/offload/fault.h>

#include <stdint.h>

/* Of `nicemu attach`; strings point into argv. */
struct attach_options {
	const char *module;           /* --module: load this file when no such module is loaded */
	struct offload_fault *faults; /* --refuse; owned */
	size_t num_faults;
	uint64_t packets, bytes; /* --count: of every rule that is recorded only, a second */
};

/*
 * Load the module if that is asked for, and open its device: a descriptor in *fd. EXIT_DONE, or
 * EXIT_ENVIRONMENT after a complaint.
 */
int attach_open_device(const struct attach_options *options, int *fd);

/*
 * The running kernel's X.Y.Z: what Debian says of it in `uname -v` (its release is not the stable
 * release's number), else the beginning of `uname -r`. text has room for size bytes.
 */
void attach_kernel_version(char *text, size_t size);

#endif
