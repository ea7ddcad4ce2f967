/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bugs of kernels that have names here: differences between what a kernel hands over and what it
 * should, expected where the table of kernel behaviour says that the kernel has them.
 *
 * An expectation is held in both ways: a rule is handed over as the bug makes it, or it counts as
 * a difference; and each bug of the kernel must have been met.
 */
#ifndef TESTS_VM_DIFFERENTIAL_BUGS_H
#define TESTS_VM_DIFFERENTIAL_BUGS_H

#include <nicemu/config/kernel.h>

#include <stddef.h>

struct bug {
	const char *name; /* of the behaviour that the kernel lacks */
	size_t offset;    /* in struct kernel_behavior */
	size_t rules;     /* that would be handed over in another way without it */
};

struct bugs {
	struct bug list[8];
	size_t count;
	struct kernel_behavior without; /* this kernel with none of them */
};

/* Those that the kernel has. */
void bugs_find(struct bugs *bugs, const struct kernel_behavior *kernel);

/* The kernel with this bug repaired, and no other. */
struct kernel_behavior bugs_repair(const struct kernel_behavior *kernel, const struct bug *bug);

/* One line a bug with its source; returns how many have not been met. */
size_t bugs_print(const struct bugs *bugs, const struct kernel_behavior *kernel);

#endif
