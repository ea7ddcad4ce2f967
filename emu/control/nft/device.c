/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports that come, go and change their names, as nf_tables hears of network devices.
 *
 * Two notifiers act, in this order: that of the chain types, which takes the device off its chains
 * (or, where chains may name absent devices, leaves the name in the chain's list), and that of
 * offload, which would send UNBIND for the first offload chain with the device, but finds the
 * device on no chain any more. So the driver hears nothing from nf_tables and cleans up by itself.
 * An offload chain on a device that comes (back) is not bound to it: only software sees its
 * packets.
 */
#include "internal.h"

bool nft_hook_names(const struct nft_hook *hook, const char *device)
{
	if (hook->is_prefix)
		return !strncmp(hook->device, device, strlen(hook->device));
	return !strcmp(hook->device, device);
}

/* The chain's hook on the port: bound to it, or with its name. */
static struct nft_hook *hook_of(const struct nft *nft, const struct nft_chain *chain, int port)
{
	struct nft_hook *hook;

	if (!nft_chain_is_base(chain) ||
	    !nft_chain_has_devices(chain->table->family, chain->hooknum))
		return NULL;
	DL_FOREACH (chain->hooks, hook) {
		if (hook->binding ? hook->port == port
				  : nft_hook_names(hook, nft->env.nic->ports[port].name))
			return hook;
	}
	return NULL;
}

static bool is_offloaded(const struct nft_chain *chain)
{
	return nft_chain_is_offload(chain) && chain->table->family == NFPROTO_NETDEV;
}

/* For every chain that has the port. visit may delete the chain; false: no further. */
static void for_each_chain(struct nft *nft, int port,
			   bool (*visit)(struct nft *nft, struct nft_chain *chain,
					 struct nft_hook *hook, int port))
{
	struct nft_table *table;
	struct nft_chain *chain, *next;

	DL_FOREACH (nft->tables, table) {
		DL_FOREACH_SAFE (table->chains, chain, next) {
			struct nft_hook *hook = hook_of(nft, chain, port);

			if (hook && !visit(nft, chain, hook, port))
				return;
		}
	}
}

/* ---- offload's notifier ---- */

static bool clean_first(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook, int port)
{
	if (!is_offloaded(chain))
		return true;
	nft_offload_clean(nft, chain);
	return false;
}

static bool unbind(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook, int port)
{
	if (is_offloaded(chain))
		nft_offload_unbind(nft, chain, hook);
	return true;
}

/* ---- the chain types' notifier ---- */

/* As the kernel's release of a base chain: its rules go with it; neither clients nor NIC are told.
 */
static void release_chain(struct nft *nft, struct nft_chain *chain)
{
	struct nft_call call = {.nft = nft};

	nft_warn_chain(nft, chain, "chain-gone",
		       "its last device is gone, and the chain with its rules went with it");
	chain->flags &= ~(uint32_t)NFT_CHAIN_HW_OFFLOAD;
	if (nft_rules_delete(&call, chain) || nft_chain_delete(&call, chain)) {
		log_add(nft->env.log, LOG_ERROR, nft->env.clock->now_ns,
			"chain %s outlives its device: memory is out", chain->name);
		nft_abort(nft, NULL);
		return;
	}
	nft_commit_silently(&call);
}

static bool take_off(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook, int port)
{
	const char *device = nft->env.nic->ports[port].name;
	char text[160];

	if (hook->binding) {
		snprintf(text, sizeof(text),
			 "device %s is gone, and its hardware rules with it: nf_tables does not "
			 "tell the driver",
			 device);
		nft_warn_chain(nft, chain, "device-gone", text);
	}
	hook->binding = 0;
	hook->port = -1;
	if (nft->env.kernel->absent_devices || hook->is_prefix)
		return true;
	if (!hook->next && hook == chain->hooks && !nft->env.kernel->chains_outlive_devices) {
		release_chain(nft, chain);
		return true;
	}
	DL_DELETE(chain->hooks, hook);
	free(hook);
	return true;
}

/* ---- what happens ---- */

static void leaves(void *context, int port)
{
	struct nft *nft = context;

	nft->devices_changed = true;
	log_add(nft->env.log, LOG_INFO, nft->env.clock->now_ns, "port %s is taken away",
		nft->env.nic->ports[port].name);
	if (!nft->env.kernel->unregister_only) /* a device goes down before it goes away */
		for_each_chain(nft, port, clean_first);
	if (nft->env.kernel->unregister_unbinds)
		for_each_chain(nft, port, unbind);
	for_each_chain(nft, port, take_off);
	offload_port_gone(nft->env.offload, (uint16_t)port);
}

static bool warn_unbound(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook, int port)
{
	char text[160];

	if (!is_offloaded(chain) || hook->binding)
		return true;
	snprintf(text, sizeof(text),
		 "device %s came after the chain: only software sees its packets, the NIC has no "
		 "rule for it",
		 nft->env.nic->ports[port].name);
	nft_warn_chain(nft, chain, "device-not-bound", text);
	return true;
}

static void came(void *context, int port)
{
	struct nft *nft = context;

	nft->devices_changed = true;
	log_add(nft->env.log, LOG_INFO, nft->env.clock->now_ns, "port %s is there",
		nft->env.nic->ports[port].name);
	for_each_chain(nft, port, warn_unbound);
}

/*
 * Hardware is not told. Where chains do not keep names, they show the device's name of today. Where
 * they do, a device that is called otherwise has left the chain, but for its callback: rules still
 * reach the driver, UNBIND never does.
 */
static bool follow(struct nft *nft, struct nft_chain *chain, struct nft_hook *hook, int port)
{
	const char *device = nft->env.nic->ports[port].name;
	char text[200];

	if (!hook->binding)
		return true;
	if (!nft->env.kernel->absent_devices) {
		snprintf(hook->device, sizeof(hook->device), "%.*s", NIC_NAME_SIZE - 1, device);
	} else if (!nft_hook_names(hook, device)) {
		snprintf(text, sizeof(text),
			 "device %s is not called as in the chain any more: software does not see "
			 "its packets, "
			 "its hardware rules stay, and nothing unbinds it",
			 device);
		nft_warn_chain(nft, chain, "device-renamed", text);
	}
	return true;
}

static void renamed(void *context, int port)
{
	struct nft *nft = context;

	log_add(nft->env.log, LOG_INFO, nft->env.clock->now_ns, "a port is now called %s",
		nft->env.nic->ports[port].name);
	for_each_chain(nft, port, follow);
	if (!nft->env.kernel->unregister_only)
		for_each_chain(nft, port, clean_first);
}

void nft_listen_to_devices(struct nft *nft)
{
	nft->listener = (struct rt_listener){
		.came = came,
		.renamed = renamed,
		.leaves = leaves,
		.context = nft,
	};
	if (nft->env.rt)
		rt_listen(nft->env.rt, &nft->listener);
}
