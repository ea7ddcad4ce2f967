/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place in a loaded document, and strict reading of the value that stands there: whoever reads
 * goes down with the places as with the structs, and each complaint has its line.
 *
 * Readers return 0 and set the value, or -EINVAL with the error filled. A value that is absent
 * (NULL text) leaves what was there.
 *
 * Threading: values; the document's owner.
 */
#ifndef NICEMU_CONFIG_PLACE_H
#define NICEMU_CONFIG_PLACE_H

#include "document.h"

#include <stdbool.h>
#include <stdint.h>

enum { PLACE_PATH_SIZE = 128 };

struct place {
	struct document *document;
	struct config_error *error;
	yaml_node_t *node; /* where nothing is given: what it would be a part of */
	bool given;
	char path[PLACE_PATH_SIZE]; /* "clauses[3].when.mask[0].is"; of the whole: "" */
};

struct place place_root(struct document *document, struct config_error *error);
/* field NULL: the same place. */
struct place place_field(const struct place *place, const char *field);
struct place place_item(const struct place *place, size_t index);

/* "PATH: " and the text. -EINVAL. */
int place_error(const struct place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "PATH: 'TEXT' is not right; expected …". -EINVAL. */
int place_bad(const struct place *place, const char *text, const char *expected);

/* Names of the numbers from 0 to count - 1; NULL: that number has none. */
struct choices {
	const char *what; /* "a dissector key": said where there are too many to list */
	int count;
	const char *(*name)(int value);
};

int place_choose(const struct place *place, const char *text, const struct choices *choices,
		 int *value);
/* Decimal digits, nothing else. */
int place_decimal(const struct place *place, const char *text, uint64_t min, uint64_t max,
		  uint64_t *value);
/* Decimal, or 0x and hexadecimal digits. */
int place_number(const struct place *place, const char *text, uint64_t min, uint64_t max,
		 uint64_t *value);
/* "A" or "A-B", numbers as above, A <= B. */
int place_range(const struct place *place, const char *text, uint64_t max, uint64_t *low,
		uint64_t *high);
/* yes or no; names: two other words, no's first, or NULL. */
int place_yes(const struct place *place, const char *text, const char *const names[2], bool *value);
/* "EOPNOTSUPP" …, as a positive number. also: a word that stands for 0, or NULL. */
int place_errno(const struct place *place, const char *text, const char *also, int *value);

#endif
