/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel-behaviour table and the versions it knows. kernel.c reads it.
 *
 * Threading: constant.
 */
#ifndef NICEMU_CONFIG_KERNEL_TABLE_H
#define NICEMU_CONFIG_KERNEL_TABLE_H

#include <nicemu/config/kernel.h>

#include <stdint.h>

/* KERNEL_NEVER as a mainline major: what no kernel does yet, only `ideal`. */
enum { KERNEL_BACKPORTS_MAX = 8, KERNEL_NEVER = UINT16_MAX };

struct kernel_version {
	uint16_t major, minor, release;
};

enum kernel_confidence {
	KERNEL_OBSERVED,  /* on a running kernel */
	KERNEL_SOURCE,    /* read in that version's source */
	KERNEL_CHANGELOG, /* commit or advisory lists of the releases */
	KERNEL_RECALLED,  /* known, but not looked up again */
};

struct kernel_table_row {
	size_t offset;                  /* of the flag in struct kernel_behavior */
	struct kernel_version mainline; /* every branch from here on has it, release 0 and up */
	/* Older branches that got it later, and from which release; ends with major 0. */
	struct kernel_version backports[KERNEL_BACKPORTS_MAX];
	enum kernel_confidence confidence;
	const char *source;
	const char *unchecked; /* what of the row is known by date or memory only; NULL: nothing */
};

/* In the order of KERNEL_BEHAVIORS, which has the names and texts. */
extern const struct kernel_table_row kernel_table[];
extern const size_t kernel_table_length;

/* The latest known release of each branch that has rows of its own, oldest first. */
extern const struct kernel_version kernel_latest[];
extern const size_t kernel_latest_length;

/* First and last minor number of each major, in which nf_tables offload exists; oldest first. */
struct kernel_series {
	uint16_t major, first, last;
};
extern const struct kernel_series kernel_series[];
extern const size_t kernel_series_length;

#endif
