/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFTA_CHAIN_HOOK: type, hook, priority and devices of a base chain. */
#include "chain_refusal.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

enum { PRIORITY_CONNTRACK = -200 }; /* NF_IP_PRI_CONNTRACK */

static const struct nft_policy policy[NFTA_HOOK_MAX + 1] = {
	[NFTA_HOOK_HOOKNUM] = {.kind = NFT_ATTR_U32},
	[NFTA_HOOK_PRIORITY] = {.kind = NFT_ATTR_U32},
	[NFTA_HOOK_DEV] = {.kind = NFT_ATTR_STRING, .length = NIC_NAME_SIZE - 1},
};

/* Without a NIC file a device that a chain names becomes a port. */
static void open_port(struct nft *nft, const char *device)
{
	int port;

	/* One that was deleted stays away until it is added again. */
	if (!nft->env.nic->open_ports || !strcmp(device, "lo") ||
	    nic_port_by_name(nft->env.nic, device) >= 0 || nic_gone_port(nft->env.nic, device) >= 0)
		return;
	port = nic_add_port(nft->env.nic, device);
	if (port < 0)
		return;
	log_add(nft->env.log, LOG_INFO, nft->env.clock->now_ns, "port %s added: a chain names it",
		device);
	if (nft->env.rt)
		rt_port_added(nft->env.rt, port);
}

bool nft_device_exists(const struct nft *nft, const struct nft_hook *hook)
{
	return hook->is_prefix || !strcmp(hook->device, "lo") ||
	       nic_port_by_name(nft->env.nic, hook->device) >= 0;
}

void nft_list_ports(const struct nic *nic, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nic->num_ports && used < size; i++)
		if (!nic->ports[i].gone)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 nic->ports[i].name);
}

static int type_unknown(struct nft_call *call, const struct nlattr *type)
{
	int error = nft_chain_refuse(call, NFT_CHAIN_TYPE_UNKNOWN);

	return call->nft->env.kernel->chain_type_named ? nft_bad(call, type, error) : error;
}

static bool has_hook(const struct nft_call *call, const struct nft_chain_hook *hook)
{
	if (hook->hooknum >= 32 || !(hook->type->hook_mask & 1u << hook->hooknum))
		return false;
	return call->family != NFPROTO_NETDEV || hook->hooknum != NF_NETDEV_EGRESS ||
	       call->nft->env.kernel->netdev_egress;
}

/* Kernels that can't change a chain's devices do not tell either which one is wrong. */
static int bad_device(struct nft_call *call, const struct nlattr *attr, int error)
{
	return call->nft->env.kernel->chain_device_updates ? nft_bad(call, attr, error) : error;
}

static int add_device(struct nft_call *call, const struct nlattr *attr, bool is_prefix,
		      struct nft_hook **hooks)
{
	struct nft *nft = call->nft;
	struct nft_hook *hook = calloc(1, sizeof(*hook));
	char ports[128];

	if (!hook)
		return nft_bad(call, attr, -ENOMEM);
	if (!nft_attr_strcpy(hook->device, sizeof(hook->device), attr) &&
	    nft->env.kernel->absent_devices) {
		free(hook);
		return nft_bad(call, attr, -E2BIG);
	}
	hook->is_prefix = is_prefix;
	hook->port = -1;
	hook->number = ++nft->hook_number;
	open_port(nft, hook->device);
	if (!nft_device_exists(nft, hook) &&
	    (!nft->env.kernel->absent_devices || nft->judge || nft->check)) {
		nft_list_ports(nft->env.nic, ports, sizeof(ports));
		reason_set(&call->reason, "no-such-port", ENOENT, REASON_KERNEL,
			   "device %s is not a port of the NIC; its ports are %s", hook->device,
			   ports);
		free(hook);
		return bad_device(call, attr, -ENOENT);
	}
	if (nft_hook_find(*hooks, hook)) {
		free(hook);
		return bad_device(call, attr, nft_chain_refuse(call, NFT_CHAIN_DEVICE_TWICE));
	}
	DL_APPEND(*hooks, hook);
	return 0;
}

static int parse_device_list(struct nft_call *call, const struct nlattr *list,
			     struct nft_hook **hooks)
{
	const struct nlattr *attr;
	int number = 0, error = 0;
	size_t left;

	nft_attr_for_each_nested (attr, list, left) {
		uint16_t type = nft_attr_type(attr);

		if (type != NFTA_DEVICE_NAME &&
		    (type != NICEMU_DEVICE_PREFIX || !call->nft->env.kernel->device_prefixes))
			return -EINVAL;
		error = add_device(call, attr, type == NICEMU_DEVICE_PREFIX, hooks);
		if (error)
			return error;
		if (++number == NICEMU_NETDEVICE_MAX)
			return nft_chain_refuse(call, NFT_CHAIN_DEVICES_TOO_MANY);
	}
	return 0;
}

static int parse_devices(struct nft_call *call, const struct nlattr *const *attrs, uint32_t flags,
			 struct nft_hook **hooks)
{
	int error = 0;

	if (!attrs[NFTA_HOOK_DEV] && !call->nft->env.kernel->device_lists)
		return reason_set(&call->reason, "one-device", EOPNOTSUPP, REASON_KERNEL,
				  "a chain of this kernel has exactly one device");
	if (attrs[NFTA_HOOK_DEV])
		error = add_device(call, attrs[NFTA_HOOK_DEV], false, hooks);
	else if (attrs[NFTA_HOOK_DEVS])
		error = parse_device_list(call, attrs[NFTA_HOOK_DEVS], hooks);
	if (!error && !*hooks &&
	    (flags & NFT_CHAIN_HW_OFFLOAD || !call->nft->env.kernel->empty_netdev_chains))
		error = nft_chain_refuse(call, NFT_CHAIN_WITHOUT_DEVICE);
	return error;
}

static int parse_new(struct nft_call *call, const struct nlattr *const *attrs,
		     struct nft_chain_hook *hook)
{
	const struct nlattr *type = call->attrs[NFTA_CHAIN_TYPE];
	int error;

	if (!attrs[NFTA_HOOK_HOOKNUM] || !attrs[NFTA_HOOK_PRIORITY]) {
		error = nft_chain_refuse(call, NFT_CHAIN_HOOK_INCOMPLETE);
		if (!call->nft->env.kernel->chain_device_updates)
			return -(call->reason.error = EINVAL);
		return nft_bad(call, call->attrs[NFTA_CHAIN_NAME], error);
	}
	hook->hooknum = nft_attr_be32(attrs[NFTA_HOOK_HOOKNUM]);
	hook->priority = (int32_t)nft_attr_be32(attrs[NFTA_HOOK_PRIORITY]);
	hook->type = nft_chain_type_find(call->family, type);
	if (!hook->type)
		return type_unknown(call, type);
	if (!has_hook(call, hook))
		return nft_chain_refuse(call, NFT_CHAIN_HOOK_UNKNOWN);
	if (!strcmp(hook->type->name, "nat") && hook->priority <= PRIORITY_CONNTRACK)
		return -EOPNOTSUPP;
	return 0;
}

static int parse_update(struct nft_call *call, const struct nlattr *const *attrs,
			const struct nft_chain *chain, struct nft_chain_hook *hook)
{
	const struct nlattr *type = call->attrs[NFTA_CHAIN_TYPE];

	hook->hooknum = chain->hooknum;
	hook->priority = chain->priority;
	hook->type = chain->type;
	if (attrs[NFTA_HOOK_HOOKNUM] && nft_attr_be32(attrs[NFTA_HOOK_HOOKNUM]) != chain->hooknum)
		return nft_chain_refuse(call, NFT_CHAIN_HOOK_CHANGED);
	if (attrs[NFTA_HOOK_PRIORITY] &&
	    (int32_t)nft_attr_be32(attrs[NFTA_HOOK_PRIORITY]) != chain->priority)
		return nft_chain_refuse(call, NFT_CHAIN_PRIORITY_CHANGED);
	if (type)
		hook->type = nft_chain_type_find(call->family, type);
	return hook->type ? 0 : type_unknown(call, type);
}

int nft_chain_hook_parse(struct nft_call *call, const struct nft_chain *chain, uint32_t flags,
			 struct nft_chain_hook *hook)
{
	const struct nlattr *attrs[NFTA_HOOK_MAX + 1];
	int error;

	*hook = (struct nft_chain_hook){0};
	error = nft_attrs_parse_nested(attrs, NFTA_HOOK_MAX, call->attrs[NFTA_CHAIN_HOOK], policy,
				       NULL, NULL);
	if (!error)
		error = chain && call->nft->env.kernel->chain_device_updates
				? parse_update(call, attrs, chain, hook)
				: parse_new(call, attrs, hook);
	if (error)
		return error;
	if (nft_chain_has_devices(call->family, hook->hooknum))
		error = parse_devices(call, attrs, flags, &hook->hooks);
	else if (attrs[NFTA_HOOK_DEV] || attrs[NFTA_HOOK_DEVS])
		error = -EOPNOTSUPP;
	if (error) {
		nft_hooks_free(hook->hooks);
		hook->hooks = NULL;
	}
	return error;
}
