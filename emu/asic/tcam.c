/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all engines share: their list, and the definition of a match. */
#include <nicemu/asic/tcam.h>

#include <string.h>

const struct tcam_ops *const tcam_engines[] = {&tcam_tuples, &tcam_tuples_portable, &tcam_reference,
					       NULL};

const struct tcam_ops *tcam_engine(const char *name)
{
	for (size_t i = 0; tcam_engines[i]; i++)
		if (!strcmp(tcam_engines[i]->name, name))
			return tcam_engines[i];
	return NULL;
}

struct flow_key tcam_rule_bits(const struct tcam_rule *rule)
{
	struct flow_key bits = rule->mask;

	if (rule->has_ranges) {
		bits.word[flow_positions[FLOW_PORTS_SRC].word] |=
			UINT64_C(0xffff) << flow_positions[FLOW_PORTS_SRC].shift;
		bits.word[flow_positions[FLOW_PORTS_DST].word] |=
			UINT64_C(0xffff) << flow_positions[FLOW_PORTS_DST].shift;
	}
	return bits;
}

static bool in_ranges(const struct tcam_ranges *ranges, const struct flow_key *key)
{
	uint64_t src = flow_key_get(key, FLOW_PORTS_SRC);
	uint64_t dst = flow_key_get(key, FLOW_PORTS_DST);

	return src >= ranges->src_min && src <= ranges->src_max && dst >= ranges->dst_min &&
	       dst <= ranges->dst_max;
}

bool tcam_rule_matches(const struct tcam_rule *rule, const struct flow_key *key)
{
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		if ((key->word[w] ^ rule->value.word[w]) & rule->mask.word[w])
			return false;
	return !rule->has_ranges || in_ranges(&rule->ranges, key);
}

bool tcam_rule_bounds_ports(const struct tcam_rule *rule)
{
	const struct tcam_ranges *r = &rule->ranges;

	return rule->has_ranges &&
	       (r->src_min || r->src_max != UINT16_MAX || r->dst_min || r->dst_max != UINT16_MAX);
}

struct tcam_rule tcam_rule_plain(const struct tcam_rule *rule)
{
	struct tcam_rule plain = {.mask = rule->mask, .priority = rule->priority};

	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		plain.value.word[w] = rule->value.word[w] & rule->mask.word[w];
	if (tcam_rule_bounds_ports(rule)) {
		plain.has_ranges = true;
		plain.ranges = rule->ranges;
	}
	return plain;
}
