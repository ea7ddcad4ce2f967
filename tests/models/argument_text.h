/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, values of fields and actions with their arguments, from text. */
#ifndef NICEMU_TESTS_ARGUMENT_TEXT_H
#define NICEMU_TESTS_ARGUMENT_TEXT_H

#include <nicemu/config/nic.h>
#include <nicemu/flow/rule.h>

/* Decimal or 0x…, at most max. */
bool text_number(const char *text, uint64_t max, uint64_t *number);

/* The value of a field of that format in size bytes, most significant first. */
bool text_field_value(enum flow_field_format format, const char *text, uint8_t *bytes, size_t size);

/* "DROP", "REDIRECT(eth1)", "VLAN_PUSH(vid=5,ethertype=0x8100)". False: error says why. */
bool text_action(struct flow_action_entry *action, const struct nic *nic, char *text, char *error,
		 size_t error_size);

#endif
