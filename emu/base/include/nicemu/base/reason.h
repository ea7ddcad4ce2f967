/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something was refused, for a person to read.
 *
 * Inside nicemu an error is a negative errno, as in the kernel. Where the refusal is about a rule,
 * the function also fills a reason. The layer that refuses writes it once; the layers above only
 * pass it on.
 *
 * Invariants: id is a static kebab-case string that never changes once released (scripts match on
 * it); error is a positive errno. A reason whose id is NULL is empty.
 *
 * Threading: a reason is a value.
 */
#ifndef NICEMU_BASE_REASON_H
#define NICEMU_BASE_REASON_H

#include <stdint.h>

enum reason_layer {
	REASON_KERNEL,   /* nf_tables itself says no */
	REASON_MODEL,    /* the NIC's driver says no: key, mask, action */
	REASON_CAPACITY, /* the NIC is full */
	REASON_FAULT,    /* an injected fault */
};

struct reason {
	const char *id;
	int error;
	enum reason_layer layer;
	int expression;   /* index in the rule's expression list, -1 when it is about the whole */
	uint32_t offset;  /* of the attribute in its netlink message, bytes; 0 when there is none */
	char clause[512]; /* the sentence: what was asked for and which rule forbids it */
	char hint[400];   /* a form that works, in backquotes, or empty */
	/* Of a hint that advises several rules: what each has in the expression's place, a line
	 * each, as many as there is room for. Last, so that a copy needs no more than is used. */
	unsigned int forms_left_out;
	char forms[960];
};

/*
 * Fill *reason (NULL is accepted: the caller does not want to know) with the formatted clause and
 * no hint, expression -1. Returns -error, so that `return reason_set(...)` reads well.
 */
int reason_set(struct reason *reason, const char *id, int error, enum reason_layer layer,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The emulator itself is out of memory: -ENOMEM, "no-memory". */
int reason_no_memory(struct reason *reason);

void reason_hint(struct reason *reason, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a line to the forms, or counts it where there is no room; then all that follow are, too. */
void reason_form(struct reason *reason, const char *form);

/* "kernel", "model", "capacity", "fault". */
const char *reason_layer_name(enum reason_layer layer);

/* "EOPNOTSUPP" for EOPNOTSUPP (a positive errno); "E?" for a number without a name. */
const char *errno_name(int error);

#endif
