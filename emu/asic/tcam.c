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

struct flow_key tcam_entry_bits(const struct tcam_entry *entry)
{
	struct flow_key bits = entry->mask;

	if (entry->has_ranges) {
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

bool tcam_entry_matches(const struct tcam_entry *entry, const struct flow_key *key)
{
	for (size_t w = 0; w < FLOW_KEY_WORDS; w++)
		if ((key->word[w] ^ entry->value.word[w]) & entry->mask.word[w])
			return false;
	return !entry->has_ranges || in_ranges(&entry->ranges, key);
}
