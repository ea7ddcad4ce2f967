/* SPDX-License-Identifier: GPL-2.0-or-later */
/* About chains: their devices, their policy, the entries they take, what the NIC still has of them.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device_walk {
	struct lint *lint;
	size_t told; /* chain whose policy has been looked at */
};

static void list_ports(const struct nic *nic, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nic->num_ports && used + NIC_PORT_NAME_SIZE + 8 < size; i++)
		if (!nic->ports[i].gone)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 nic->ports[i].name);
	if (!used)
		snprintf(text, size, "none");
}

static void check_absent(struct lint *lint, size_t chain, const struct nft_offload_device *device)
{
	const struct nic *nic = &lint->emulator->nic;
	char ports[320];

	if (device->is_prefix)
		return;
	if (!device->name) {
		lint_add(lint, LINT_DEVICE_GONE, lint_at_chain(chain), "",
			 "all devices of the chain were taken away: it has no packets");
		return;
	}
	if (nic_gone_port(nic, device->name) >= 0) {
		lint_add(lint, LINT_DEVICE_GONE, lint_at_chain(chain), "",
			 "device %s was taken away: the chain has no packets from there",
			 device->name);
		return;
	}
	list_ports(nic, ports, sizeof(ports));
	lint_add(lint, LINT_DEVICE_NOT_A_PORT, lint_at_chain(chain), "",
		 "device %s is no port of this NIC: the chain is bound to nothing there; the ports "
		 "are %s",
		 device->name, ports);
}

static void look_at_device(void *context, const struct nft_offload_device *device)
{
	struct device_walk *walk = context;
	struct lint *lint = walk->lint;
	size_t chain = lint_find_chain(lint, device->family, device->table, device->chain);

	if (chain == SIZE_MAX)
		return;
	if (device->port < 0)
		check_absent(lint, chain, device);
	else if (!device->bound)
		lint_add(lint, LINT_DEVICE_NOT_BOUND, lint_at_chain(chain),
			 "delete the chain and load it again",
			 "the NIC has no rule of this chain for device %s: only software sees its "
			 "packets",
			 device->name);
	if (device->drops && walk->told != chain)
		lint_add(
			lint, LINT_POLICY_SOFTWARE_ONLY, lint_at_chain(chain),
			"put a rule that drops all at the end of the chain",
			"the NIC is not told of the policy drop: what no rule takes goes on to the "
			"host, and only software drops it");
	walk->told = chain;
}

void check_devices(struct lint *lint)
{
	struct device_walk walk = {.lint = lint, .told = SIZE_MAX};

	nft_visit_offload_devices(lint->emulator->nft, look_at_device, &walk);
}

/* --- what the NIC has and nf_tables has not --- */

static void look_at_held(void *context, const struct offload_binding *binding,
			 const struct offload_command *command)
{
	struct lint *lint = context;
	size_t chain;

	if (!binding->chain || lint_instance_of(lint, binding->id, command->cookie))
		return;
	chain = lint_find_chain(lint, "netdev", binding->table, binding->chain);
	if (chain == SIZE_MAX)
		return;
	lint_add(lint, LINT_STALE_RULE,
		 (struct lint_place){.chain = chain,
				     .rule = SIZE_MAX,
				     .handle = command->handle,
				     .port = binding->port},
		 "delete the chain: nothing else gets it out",
		 "the NIC still has the rule with handle %llu on %s, which nf_tables has not",
		 (unsigned long long)command->handle, lint_port_name(lint, binding->port));
}

void check_stale(struct lint *lint)
{
	offload_visit(lint->emulator->offload, look_at_held, lint);
}

/* --- entries a rule takes --- */

static void look_at_use(struct lint *lint, size_t index)
{
	const struct lint_chain *chain = &lint->chains[index];
	const struct lint_entry *first = &lint->entries[chain->first_entry];
	size_t in_hw = chain->rules_in_hw;
	uint64_t entries = 0;

	for (size_t i = 0; i < chain->num_entries; i++)
		entries += first[i].entries;
	if (chain->ports < 2 || !first->table || entries < 2 * (uint64_t)in_hw)
		return;
	if (first->table->scope == MODEL_PER_PORT)
		lint_add(lint, LINT_ENTRIES_PER_PORT, lint_at_chain(index), "",
			 "%zu rule%s on %zu ports %s %llu entries: each port has a table %s of its "
			 "own",
			 in_hw, in_hw == 1 ? "" : "s", chain->ports, in_hw == 1 ? "takes" : "take",
			 (unsigned long long)entries, first->table->name);
	else
		lint_add(lint, LINT_ENTRIES_PER_PORT, lint_at_chain(index), "",
			 "%zu rule%s on %zu ports %s %llu entries of the table %s: an entry is for "
			 "one port",
			 in_hw, in_hw == 1 ? "" : "s", chain->ports, in_hw == 1 ? "takes" : "take",
			 (unsigned long long)entries, first->table->name);
}

void check_table_use(struct lint *lint)
{
	for (size_t i = 0; i < lint->num_chains; i++)
		if (lint->chains[i].num_entries)
			look_at_use(lint, i);
}

/* --- what happened, and can't be seen any more --- */

static bool has_finding(const struct lint *lint, const char *id, size_t chain)
{
	for (size_t i = 0; i < lint->num_kept; i++)
		if (strcmp(lint->kept[i].finding.id, id) == 0 && lint->kept[i].chain == chain + 1)
			return true;
	return false;
}

static void look_at_event(struct lint *lint, const struct nft_warning *warning)
{
	size_t chain = lint_find_chain(lint, warning->family, warning->table, warning->chain);
	char text[LINT_TEXT_SIZE];

	if (strcmp(warning->id, lint_id(LINT_DEVICE_GONE)->id) == 0 && chain != SIZE_MAX &&
	    !has_finding(lint, warning->id, chain))
		lint_add_text(lint, warning->id, LINT_WARNING, lint_at_chain(chain), warning->text,
			      "");
	if (strcmp(warning->id, lint_id(LINT_CHAIN_GONE)->id) != 0)
		return;
	snprintf(text, sizeof(text), "%s %s %s: %s", warning->family, warning->table,
		 warning->chain, warning->text);
	lint_add_text(lint, warning->id, LINT_WARNING, lint_at_chain(SIZE_MAX), text, "");
}

void check_events(struct lint *lint)
{
	const struct nft *nft = lint->emulator->nft;

	for (size_t i = 0; i < nft_num_warnings(nft); i++)
		look_at_event(lint, nft_warning(nft, i));
}
