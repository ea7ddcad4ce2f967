/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the builders of JSON documents share. All return new references. Threading: none. */
#ifndef NICEMU_REPORT_INTERNAL_H
#define NICEMU_REPORT_INTERNAL_H

#include <nicemu/report/report.h>

/* {"packets": …, "bytes": …} */
json_t *counter_json(uint64_t packets, uint64_t bytes);

/* "seconds.nanoseconds", or null for 0. */
json_t *time_json(uint64_t time_ns);

/* A string, or null for NULL. */
json_t *text_json(const char *text);

/* {"flowtable": 0, "flower": 0}: how many rules are recorded only. */
json_t *recorded_json(const struct emulator *emulator);

/* [{"name", "rx", "tx"}]; counters may be NULL: all 0. */
json_t *ports_json(const struct nic *nic, const struct emulator_port_counters *counters);

/* What nft prints for it, or what is known of it without nft; NULL: nothing. */
const char *rule_text(const struct nft_offload_rule *rule, const struct report_texts *texts);

/* The string of the listing itself, borrowed, or NULL. */
json_t *report_rule_string(const struct report_texts *texts, const char *family, const char *table,
			   uint64_t handle);

/* What the ASIC has counted for a rule, and what of it nft is told. */
struct rule_counts {
	struct offload_stats totals;
	struct asic_told told;
};

/* One record of "rules". */
json_t *rule_json(const struct nic *nic, const struct nft_offload_rule *rule,
		  const struct report_texts *texts, const struct rule_counts *counts);
json_t *told_json(struct asic_told told);

/* The document, or NULL instead of one without "rules" (memory was out), which is then freed. */
json_t *only_with_rules(json_t *document);

/* What a driver is told of a rule: used_keys, keys, keys_not_flagged, actions. False: not all of
 * it. */
bool add_flow_rule(json_t *record, const struct nic *nic, const struct flow_rule *rule);

#endif
