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

enum { FLOW_TEXT_SIZE = 64 }; /* of any value or mask, with the NUL */

struct flow_view_field {
	enum flow_dissector_key_id key;
	bool flagged;     /* the key is in used_keys: a driver looks at it */
	const char *name; /* inside of the key's struct: "src", "vlan_id" */
	char value[FLOW_TEXT_SIZE], mask[FLOW_TEXT_SIZE];
};

/* Each field whose value or mask is not zero, in the order of flow_fields. */
void flow_view_match(const struct flow_match *match,
		     void (*visit)(void *context, const struct flow_view_field *field),
		     void *context);

#endif
