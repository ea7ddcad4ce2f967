/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract of nicemu/kernel/wire.h as a checker: it is shown every message that the module
 * sends to one program and says what is against the contract: sizes, reserved bytes and what
 * follows a string's end (where kernel memory could leak), order (a binding before its rules,
 * nothing but DESTROY after UNBIND, RELEASE last), repetition (only between HELLO and REPEAT_END,
 * or after LOST).
 *
 * It keeps the state that a program would keep, so tests read it, too: which bindings and rules are
 * live. Rules that the program refuses are told by contract_refused().
 */
#ifndef NICEMU_TEST_CONTRACT_H
#define NICEMU_TEST_CONTRACT_H

#include "nicemu/kernel/wire.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <uthash.h>

struct contract_rule {
	struct {
		uint64_t cookie;
		uint32_t binding;
		uint32_t zero;
	} key;
	uint64_t packets, bytes;
	UT_hash_handle hh;
};

struct contract_binding {
	uint32_t binding;
	uint32_t ifindex;
	int unbound;
	int used; /* there was a rule in it */
	UT_hash_handle hh;
};

struct contract_port {
	struct {
		uint32_t netns, ifindex;
	} key;
	UT_hash_handle hh;
};

struct contract {
	struct contract_rule *rules;
	struct contract_binding *bindings;
	struct contract_port *ports;
	uint64_t sequence;    /* of the last event */
	uint32_t max_binding; /* binding numbers only grow */
	uint32_t first_new;   /* the first binding that was not repeated, 0: none yet */
	int repeating;        /* the repetition has not ended */
	unsigned violations;
	FILE *log;
};

void contract_init(struct contract *contract, FILE *log);
void contract_free(struct contract *contract);

/* Checks one message of SIZE bytes and follows it. Returns the number of new violations. */
unsigned contract_message(struct contract *contract, const void *message, size_t size);

/* The program refused this REPLACE: its rule is not live. */
void contract_refused(struct contract *contract, uint32_t binding, uint64_t cookie);

struct contract_rule *contract_find(struct contract *contract, uint32_t binding, uint64_t cookie);

#endif
