/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of an explanation's document share. New references. Threading: none. */
#ifndef NICEMU_REPORT_EXPLAIN_INTERNAL_H
#define NICEMU_REPORT_EXPLAIN_INTERNAL_H

#include "internal.h"

#include <nicemu/host/ingress.h>
#include <nicemu/report/explain.h>

/* explain_key.c */
json_t *explain_packet_json(const struct emulator *emulator, const struct packet *packet,
			    const struct explanation *e,
			    const struct report_explain_source *source);
json_t *explain_key_json(const struct packet *packet, const struct explanation *e);
/* Bytes as hexadecimal digits, at most 256 of them. */
json_t *explain_hex_json(const uint8_t *bytes, size_t length);

/* explain_rules.c: the rules of some entries, found in one walk over all rules. */
struct explain_rules;
struct explain_rules *explain_rules_create(const struct emulator *emulator,
					   const struct explanation *e);
void explain_rules_destroy(struct explain_rules *rules);
/* {"family", "table", "chain", "handle", "rule", "comment", "file"}, or null: not known. */
json_t *explain_rule_json(const struct explain_rules *rules, uint32_t binding, uint64_t cookie);
/* Its name; handle 0: not known. Strings belong to rules. */
struct host_rule explain_rule_name(const struct explain_rules *rules, uint32_t binding,
				   uint64_t cookie);
/* What the driver was told of it; NULL: not known. */
const struct flow_rule *explain_flow_rule(const struct explain_rules *rules, uint32_t binding,
					  uint64_t cookie);

/*
 * explain_entry.c: what the model made of a rule. Names of fields that the rule asks for and its
 * entry does not look at (wholly), and of fields and keys that only the entry asks for. told may be
 * NULL: not known, none.
 */
json_t *explain_not_asked_json(const struct flow_rule *told, const struct tcam_rule *entry);
json_t *explain_besides_json(const struct flow_rule *told, const struct tcam_rule *entry);
/* The entry that has all that the rule asks for and nothing else, of any port. */
struct tcam_rule explain_rule_as_told(const struct flow_rule *told);

#endif
