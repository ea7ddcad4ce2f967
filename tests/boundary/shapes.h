/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of every shape that a rule of an offload chain can look into, and the fields of each:
 * where the field is in the frame, and in which words a rule asks for it.
 */
#ifndef TESTS_BOUNDARY_SHAPES_H
#define TESTS_BOUNDARY_SHAPES_H

#include <nicemu/base/random.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAPE_FRAME_MAX = 128, SHAPE_FIELDS_MAX = 16 };

struct shape_field {
	const char *load;   /* in the words of tests/translate/written.h: "nh+12" */
	const char *before; /* what must be known first: "meta:protocol =0800 " */
	uint16_t at;        /* byte offset in the frame */
	uint8_t size;
	bool is_structure; /* its bits say what follows in the frame */
};

struct shape {
	uint8_t tags;     /* 0 … 2 */
	uint16_t network; /* 0x0800, 0x86dd or 0x88cc (nothing that a rule looks into) */
	uint8_t protocol; /* 6, 17 or 1 */
	uint16_t l3, l4;  /* offsets; l4 0: none */
	uint8_t frame[SHAPE_FRAME_MAX];
	size_t length;
	struct shape_field fields[SHAPE_FIELDS_MAX];
	size_t num_fields;
};

/* A random frame of a random shape; sound, so that every header in it is read. */
void shape_draw(struct shape *shape, struct random *random);

#endif
