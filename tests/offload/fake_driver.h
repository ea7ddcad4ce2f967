/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver that keeps what it was told in plain arrays: cookies 0 … FAKE_COOKIES - 1 of bindings
 * below FAKE_BINDINGS. Tests read and change the arrays.
 */
#ifndef NICEMU_TESTS_FAKE_DRIVER_H
#define NICEMU_TESTS_FAKE_DRIVER_H

#include <nicemu/offload/offload.h>

enum { FAKE_BINDINGS = 4096, FAKE_COOKIES = 16 };

struct fake_driver {
	bool bound[FAKE_BINDINGS];
	bool live[FAKE_BINDINGS][FAKE_COOKIES];
	struct offload_stats totals[FAKE_BINDINGS][FAKE_COOKIES];
	int refuse;   /* errno for the next bind, replace, destroy or totals, then 0 again */
	size_t calls; /* of any kind */
	int gone;     /* the last port that went */
};

extern const struct offload_driver fake_driver;

#endif
