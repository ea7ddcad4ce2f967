/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "untold.h"

void untold_add(struct untold *untold, const struct nft_offload_rule *rule, struct asic_told told)
{
	/* Which rules of a real kernel have a counter is not known. */
	if (!rule->in_hw || (!rule->has_counter && !rule->text))
		return;
	untold->any_may_count |= rule->text != NULL;
	if (!told.packets)
		untold->packets++;
	else if (!told.bytes)
		untold->bytes++;
}

static void warn(json_t *warnings, const char *id, json_t *text)
{
	json_t *place = json_pack("{s:n, s:n, s:n, s:n}", "family", "table", "chain", "handle");

	json_array_append_new(warnings,
			      json_pack("{s:o, s:s, s:o}", "rule", place, "id", id, "text", text));
}

void untold_warn(const struct untold *untold, const struct nic *nic, json_t *warnings)
{
	const char *name = nic->profile->name;
	const char *which = untold->any_may_count ? ", of whose counters, if any,"
						  : " with a counter, of which";

	if (untold->packets)
		warn(warnings, "not-counted",
		     json_sprintf("the model %s counts nothing for %zu rule%s%s nft shows 0; the "
				  "packets and bytes here are what the NIC matched",
				  name, untold->packets, untold->packets == 1 ? "" : "s", which));
	if (untold->bytes)
		warn(warnings, "bytes-not-counted",
		     json_sprintf("the model %s counts no bytes for %zu rule%s%s nft shows 0 "
				  "bytes; the bytes here are what the NIC matched",
				  name, untold->bytes, untold->bytes == 1 ? "" : "s", which));
}
