/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A match as text, field by field, in the names of the kernel's dissector structs.
 *
 * Why: what a driver is handed is read by people (`nicemu show rules --driver`, the log, a failing
 * test) and compared by programs, so the text is exact: key and mask can be made from it again.
 *
 * Values are written as in flow_field_print. Masks are in the form of the field: of an address an
 * address, of any number a hexadecimal number. A VLAN tag's control information is three bit
 * fields, as in the kernel's struct: vlan_id, vlan_dei, vlan_priority.
 *
 * Threading: pure functions.
 */
#ifndef NICEMU_FLOW_VIEW_H
#define NICEMU_FLOW_VIEW_H

#include <nicemu/flow/rule.h>

#include <stdio.h>

enum { FLOW_TEXT_SIZE = 64 }; /* of any value or mask, with the NUL */

struct flow_view_field {
	enum flow_dissector_key_id key;
	bool flagged;     /* the key is in used_keys: a driver looks at it */
	bool whole;       /* every bit of the mask is set */
	const char *name; /* inside of the key's struct: "src", "vlan_id" */
	char value[FLOW_TEXT_SIZE], mask[FLOW_TEXT_SIZE];
};

/* Each field whose value or mask is not zero, in the order of flow_fields, then the extras. */
void flow_view_match(const struct flow_match *match,
		     void (*visit)(void *context, const struct flow_view_field *field),
		     void *context);

/* What an action's argument is: how it is written, and how many words of argument[] it takes. */
enum flow_argument_kind {
	FLOW_ARGUMENT_NONE,
	FLOW_ARGUMENT_DECIMAL,
	FLOW_ARGUMENT_DECIMAL64, /* low, high */
	FLOW_ARGUMENT_HEX16,
	FLOW_ARGUMENT_HEX32,
	FLOW_ARGUMENT_HEX128,  /* 4 words, the first one on the left */
	FLOW_ARGUMENT_ADDRESS, /* 4 words as in memory; of the family (4, 6) in the word before */
	FLOW_ARGUMENT_MAC,     /* 4 bytes, 2 bytes */
	FLOW_ARGUMENT_HEADER,  /* 0 none, 1 ETH, 2 IP4, 3 IP6, 4 TCP, 5 UDP */
	FLOW_ARGUMENT_ACTION,  /* enum flow_action_id */
};

struct flow_view_argument {
	const char *name;
	bool is_number; /* text is a decimal number: number */
	uint64_t number;
	char text[FLOW_TEXT_SIZE];
};

/* Each argument but the target, in the order of FLOW_ACTIONS. */
void flow_view_action(const struct flow_action_entry *action,
		      void (*visit)(void *context, const struct flow_view_argument *argument),
		      void *context);

/*
 * The argument of that name as a number (an address or labels are none): false where the action has
 * no such argument.
 */
bool flow_action_number(const struct flow_action_entry *action, const char *name, uint64_t *number);

/*
 * Match and actions in one line: "ipv4_addrs.src 10.0.0.0/255.0.0.0 ports.dst 80 DROP"; a mask
 * without a 0 is left out; "any" without a field. A target is written by target, or as its number
 * when that is NULL.
 */
void flow_view_line(FILE *out, const struct flow_rule *rule,
		    void (*target)(FILE *out, void *context,
				   const struct flow_action_entry *action),
		    void *context);

#endif
