/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel behaviour: what differs between kernel versions, as one struct of flags.
 *
 * One table (kernel.c) has a row per behaviour with version ranges per stable branch, its source
 * (commit or observation) and how sure it is. Nobody else compares versions.
 *
 * A version is X.Y.Z; X.Y means the branch's latest known stable. Above the last known release of a
 * branch the branch's last row holds; a branch without rows takes mainline X.Y.0, with a warning.
 * `ideal` has no known bug.
 *
 * Threading: constant tables.
 */
#ifndef NICEMU_CONFIG_KERNEL_H
#define NICEMU_CONFIG_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* name, what changes where it is true */
#define KERNEL_BEHAVIORS(X)                                                                        \
	X(short_load_masks_fixed, "a load shorter than its field gives a mask of just its bytes")  \
	X(early_hook_check, "NEWCHAIN refuses hooks and devices that can't offload")               \
	X(absent_devices, "a base chain may name devices that do not exist")                       \
	X(register_tracking, "reading a register that was not loaded is ENODATA at the message")

struct kernel_behavior {
	char version[24]; /* X.Y.Z as resolved, or "ideal": what reports print */
#define X(name, text) bool name;
	KERNEL_BEHAVIORS(X)
#undef X
};

/*
 * Resolve text ("6.12", "6.12.95", "ideal"). 0, or -EINVAL for text that is no known version;
 * message (size bytes) then lists the names. On 0, message holds a warning or is empty.
 */
int kernel_behavior_find(struct kernel_behavior *kernel, const char *text, char *message,
			 size_t size);

/* The rows that hold for this version: name, text, on or off, source, confidence. */
void kernel_behavior_print(FILE *out, const struct kernel_behavior *kernel);

#endif
