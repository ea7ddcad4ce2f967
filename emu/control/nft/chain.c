/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains: NEWCHAIN DELCHAIN DESTROYCHAIN (GETCHAIN: chain_dump.c). */
#include "chain_refusal.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static const struct nft_policy policy[NFTA_CHAIN_MAX + 1] = {
	[NFTA_CHAIN_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_CHAIN_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_CHAIN_NAME] = {.kind = NFT_ATTR_STRING, .length = NFT_CHAIN_MAXNAMELEN - 1},
	[NFTA_CHAIN_HOOK] = {.kind = NFT_ATTR_NESTED},
	[NFTA_CHAIN_POLICY] = {.kind = NFT_ATTR_U32},
	[NFTA_CHAIN_TYPE] = {.kind = NFT_ATTR_STRING, .length = NICEMU_TYPE_NAME_MAX},
	[NFTA_CHAIN_COUNTERS] = {.kind = NFT_ATTR_NESTED},
	[NFTA_CHAIN_FLAGS] = {.kind = NFT_ATTR_MASK32,
			      .length = NICEMU_CHAIN_FLAGS,
			      .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_CHAIN_ID] = {.kind = NFT_ATTR_U32},
	[NFTA_CHAIN_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
};

static const struct nft_policy counter_policy[NFTA_COUNTER_MAX + 1] = {
	[NFTA_COUNTER_BYTES] = {.kind = NFT_ATTR_U64},
	[NFTA_COUNTER_PACKETS] = {.kind = NFT_ATTR_U64},
};

static int parse_counters(struct nft_call *call, uint64_t *packets, uint64_t *bytes)
{
	const struct nlattr *attrs[NFTA_COUNTER_MAX + 1];
	int error =
		nft_attrs_parse_nested(attrs, NFTA_COUNTER_MAX, call->attrs[NFTA_CHAIN_COUNTERS],
				       counter_policy, NULL, NULL);

	if (error)
		return error;
	if (!attrs[NFTA_COUNTER_BYTES] || !attrs[NFTA_COUNTER_PACKETS])
		return -EINVAL;
	*packets = nft_attr_be64(attrs[NFTA_COUNTER_PACKETS]);
	*bytes = nft_attr_be64(attrs[NFTA_COUNTER_BYTES]);
	return 0;
}

/* ---- a new chain ---- */

static int init_base(struct nft_call *call, struct nft_chain *chain, uint32_t flags)
{
	struct nft_chain_hook hook;
	int error;

	if (chain->table->update_pending)
		return -EINVAL;
	if (flags & NFT_CHAIN_BINDING)
		return -EOPNOTSUPP;
	error = nft_chain_hook_parse(call, NULL, flags, &hook);
	if (error)
		return error;
	chain->hooknum = hook.hooknum;
	chain->priority = hook.priority;
	chain->type = hook.type;
	chain->hooks = hook.hooks;
	chain->policy = NF_ACCEPT;
	chain->flags = flags | NFT_CHAIN_BASE;
	if (call->attrs[NFTA_CHAIN_COUNTERS]) {
		error = parse_counters(call, &chain->packets, &chain->bytes);
		chain->has_counters = !error;
	}
	if (!error && nft_chain_is_offload(chain))
		error = nft_offload_chain_check(call, chain);
	return error;
}

static int init_regular(struct nft_call *call, struct nft_chain *chain, uint32_t flags)
{
	if (flags & NFT_CHAIN_BASE)
		return -EINVAL;
	if (flags & NFT_CHAIN_HW_OFFLOAD)
		return nft_chain_refuse(call, NFT_CHAIN_WITHOUT_HOOK);
	chain->flags = flags;
	return 0;
}

static int init_name(struct nft_call *call, struct nft_chain *chain)
{
	const struct nlattr *name = call->attrs[NFTA_CHAIN_NAME];
	const struct nlattr *userdata = call->attrs[NFTA_CHAIN_USERDATA];

	if (name) {
		chain->name = nft_attr_strdup(name);
	} else if (!(chain->flags & NFT_CHAIN_BINDING)) {
		return -EINVAL;
	} else if (asprintf(&chain->name, "__chain%llu",
			    (unsigned long long)++call->nft->chain_number) < 0) {
		chain->name = NULL;
	}
	if (userdata) {
		chain->userdata = nft_attr_memdup(userdata);
		chain->userdata_size = (uint16_t)nft_attr_size(userdata);
	}
	return chain->name && (!userdata || chain->userdata) ? 0 : -ENOMEM;
}

/* The transaction takes the chain over. */
static int register_chain(struct nft_call *call, struct nft_chain *chain, uint8_t policy_code)
{
	const struct nlattr *id = call->attrs[NFTA_CHAIN_ID];
	struct nft_table *table = chain->table;
	struct nft_trans_chain *t;

	if (id && nft_id_add(call->nft, NFT_ID_CHAIN, table, nft_attr_be32(id), chain, false))
		return -ENOMEM;
	t = nft_trans_add(call, &nft_trans_newchain, table);
	if (!t) {
		if (id)
			nft_id_forget(call->nft, chain);
		return -ENOMEM;
	}
	t->chain = chain;
	t->has_policy = nft_chain_is_base(chain);
	t->policy = policy_code;
	table->use++;
	nft_chain_link(chain);
	return 0;
}

static int add_chain(struct nft_call *call, struct nft_table *table, uint8_t policy_code,
		     uint32_t flags)
{
	struct nft_chain *chain = calloc(1, sizeof(*chain));
	int error;

	if (!chain)
		return -ENOMEM;
	chain->table = table;
	if (call->attrs[NFTA_CHAIN_HOOK])
		error = init_base(call, chain, flags);
	else
		error = init_regular(call, chain, flags);
	if (!error) {
		chain->handle = nft_handle_alloc(table);
		error = init_name(call, chain);
	}
	if (!error)
		error = register_chain(call, chain, policy_code);
	if (error)
		nft_chain_free(chain);
	return error;
}

/* ---- an update ---- */

/* Devices that the chain has already are left out; one that this batch adds already is an error. */
static int keep_new_devices(struct nft_call *call, struct nft_chain *chain,
			    struct nft_chain_hook *hook)
{
	struct nft_hook *device, *next;
	struct nft_trans *trans;

	DL_FOREACH_SAFE (hook->hooks, device, next) {
		if (nft_hook_find(chain->hooks, device)) {
			DL_DELETE(hook->hooks, device);
			free(device);
			continue;
		}
		DL_FOREACH (call->nft->transactions, trans) {
			struct nft_trans_chain *t = (struct nft_trans_chain *)trans;

			if (trans->type == &nft_trans_updchain && trans->table == chain->table &&
			    nft_hook_find(t->hooks, device))
				return nft_chain_refuse(call, NFT_CHAIN_DEVICE_TWICE);
		}
	}
	return 0;
}

/* Older kernels: the same again or EEXIST. Of a chain with devices only these count. */
static int check_unchanged(struct nft_call *call, struct nft_chain *chain,
			   const struct nlattr *attr, struct nft_chain_hook *hook)
{
	int number = 0, error, fault = -1;
	struct nft_hook *device;

	if (nft_chain_has_devices(call->family, hook->hooknum)) {
		DL_FOREACH (hook->hooks, device)
			number++;
		DL_FOREACH (chain->hooks, device)
			number -= !device->dead;
		error = keep_new_devices(call, chain, hook);
		if (error)
			return error;
		if (hook->hooks || number)
			fault = NFT_CHAIN_DEVICES_FIXED;
	} else if (hook->hooknum != chain->hooknum) {
		fault = NFT_CHAIN_HOOK_CHANGED;
	} else if (hook->priority != chain->priority) {
		fault = NFT_CHAIN_PRIORITY_CHANGED;
	}
	if (fault < 0)
		return 0;
	nft_chain_refuse(call, (enum nft_chain_fault)fault);
	call->reason.error = EEXIST;
	return nft_bad(call, attr, -EEXIST);
}

static int parse_hook_update(struct nft_call *call, struct nft_chain *chain, uint32_t flags,
			     const struct nlattr *attr, struct nft_chain_hook *hook)
{
	int error;

	if (!call->attrs[NFTA_CHAIN_HOOK])
		return 0;
	if (!nft_chain_is_base(chain))
		return nft_bad(call, attr, nft_chain_refuse(call, NFT_CHAIN_IS_REGULAR));
	error = nft_chain_hook_parse(call, chain, flags, hook);
	if (error)
		return error;
	if (hook->type != chain->type)
		return nft_bad(call, attr, nft_chain_refuse(call, NFT_CHAIN_TYPE_CHANGED));
	if (call->nft->env.kernel->chain_device_updates)
		return keep_new_devices(call, chain, hook);
	return check_unchanged(call, chain, attr, hook);
}

/* Handle and name together rename. */
static int check_rename(struct nft_call *call, struct nft_table *table)
{
	const struct nlattr *name = call->attrs[NFTA_CHAIN_NAME];
	struct nft_trans *trans;
	int error;

	if (nft_chain_find(table, name, &error))
		return nft_bad(call, name, -EEXIST);
	DL_FOREACH (call->nft->transactions, trans) {
		struct nft_trans_chain *t = (struct nft_trans_chain *)trans;

		if (trans->type == &nft_trans_updchain && trans->table == table && t->name &&
		    nft_attr_equals(name, t->name))
			return nft_bad(call, name, -EEXIST);
	}
	return 0;
}

static int log_update(struct nft_call *call, struct nft_chain *chain, struct nft_chain_hook *hook,
		      uint8_t policy_code)
{
	const struct nlattr *const *attrs = call->attrs;
	struct nft_trans_chain *t = nft_trans_add(call, &nft_trans_updchain, chain->table);

	if (!t)
		return -ENOMEM;
	t->chain = chain;
	t->hooks = hook->hooks;
	hook->hooks = NULL;
	t->has_policy = attrs[NFTA_CHAIN_POLICY];
	t->policy = policy_code;
	if (attrs[NFTA_CHAIN_COUNTERS]) {
		/* Checked before. */
		t->has_counters = !parse_counters(call, &t->packets, &t->bytes);
	}
	if (attrs[NFTA_CHAIN_HANDLE] && attrs[NFTA_CHAIN_NAME]) {
		t->name = nft_attr_strdup(attrs[NFTA_CHAIN_NAME]);
		if (!t->name)
			return -ENOMEM;
	}
	return 0;
}

static int update_chain(struct nft_call *call, struct nft_chain *chain, uint8_t policy_code,
			uint32_t flags, const struct nlattr *attr)
{
	struct nft_chain_hook hook = {0};
	uint64_t packets, bytes;
	int error;

	if (chain->flags ^ flags)
		return nft_chain_refuse(call, NFT_CHAIN_FLAGS_CHANGED);
	error = parse_hook_update(call, chain, flags, attr, &hook);
	if (!error && call->attrs[NFTA_CHAIN_HANDLE] && call->attrs[NFTA_CHAIN_NAME])
		error = check_rename(call, chain->table);
	if (!error && chain->table->update_pending && hook.hooks)
		error = nft_bad(call, attr, -EOPNOTSUPP);
	if (!error && call->attrs[NFTA_CHAIN_COUNTERS])
		error = nft_chain_is_base(chain) ? parse_counters(call, &packets, &bytes)
						 : -EOPNOTSUPP;
	if (!error)
		error = log_update(call, chain, &hook, policy_code);
	nft_hooks_free(hook.hooks);
	return error;
}

/* ---- NEWCHAIN ---- */

static int parse_policy(struct nft_call *call, const struct nft_chain *chain, uint8_t *code)
{
	const struct nlattr *attr = call->attrs[NFTA_CHAIN_POLICY];
	uint32_t value;

	*code = NF_ACCEPT;
	if (!attr)
		return 0;
	if (chain ? !nft_chain_is_base(chain) : !call->attrs[NFTA_CHAIN_HOOK])
		return nft_bad(call, attr, -EOPNOTSUPP);
	/* A kernel keeps one byte of it. */
	value = nft_attr_be32(attr) & 0xff;
	if (value != NF_DROP && value != NF_ACCEPT)
		return -EINVAL;
	*code = (uint8_t)value;
	return 0;
}

/* The chain that is meant, or NULL for a new one; *attr is what named it. */
static int find_chain(struct nft_call *call, struct nft_table *table, struct nft_chain **chain,
		      const struct nlattr **attr)
{
	const struct nlattr *handle = call->attrs[NFTA_CHAIN_HANDLE];
	const struct nlattr *name = call->attrs[NFTA_CHAIN_NAME];
	int error;

	*chain = NULL;
	*attr = handle ? handle : name;
	if (handle) {
		*chain = nft_chain_find_handle(table, nft_attr_be64(handle));
		return *chain ? 0 : nft_bad(call, handle, -ENOENT);
	}
	if (name)
		*chain = nft_chain_find(table, name, &error);
	else if (!call->attrs[NFTA_CHAIN_ID])
		return -EINVAL;
	return 0;
}

static int handle_newchain(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	const struct nlattr *attr;
	struct nft_table *table;
	struct nft_chain *chain;
	uint32_t flags = 0;
	uint8_t code;
	int error;

	table = nft_table_find(call->nft, attrs[NFTA_CHAIN_TABLE], call->family, call->portid,
			       &error);
	if (!table)
		return nft_bad(call, attrs[NFTA_CHAIN_TABLE], error);
	call->table = table;
	error = find_chain(call, table, &chain, &attr);
	if (error)
		return error;
	call->chain = chain;
	error = parse_policy(call, chain, &code);
	if (error)
		return error;
	if (attrs[NFTA_CHAIN_FLAGS])
		flags = nft_attr_be32(attrs[NFTA_CHAIN_FLAGS]);
	else if (chain)
		flags = chain->flags;
	if (flags & ~(uint32_t)NICEMU_CHAIN_FLAGS)
		return nft_chain_refuse(call, NFT_CHAIN_FLAGS_UNKNOWN);
	if (!chain)
		return add_chain(call, table, code, flags);
	if (chain->flags & NFT_CHAIN_BINDING)
		return -EINVAL;
	if (call->flags & NLM_F_EXCL)
		return nft_bad(call, attr, nft_chain_refuse(call, NFT_CHAIN_EXISTS));
	if (call->flags & NLM_F_REPLACE)
		return nft_chain_refuse(call, NFT_CHAIN_REPLACED);
	return update_chain(call, chain, code, flags | (chain->flags & NFT_CHAIN_BASE), attr);
}

/* ---- DELCHAIN ---- */

static int delete_devices(struct nft_call *call, struct nft_chain *chain)
{
	struct nft_hook *given, *hook, *marked = NULL, *next;
	struct nft_chain_hook parsed;
	struct nft_trans_chain *t;
	int error;

	if (chain->table->update_pending)
		return -EOPNOTSUPP;
	error = nft_chain_hook_parse(call, chain, chain->flags, &parsed);
	if (error)
		return error;
	DL_FOREACH_SAFE (parsed.hooks, given, next) {
		hook = nft_hook_find(chain->hooks, given);
		if (!hook) {
			error = nft_chain_refuse(call, NFT_CHAIN_DEVICE_ABSENT);
			break;
		}
		hook->dead = true;
		DL_DELETE(parsed.hooks, given);
		DL_APPEND(marked, given);
		memcpy(given->device, hook->device, sizeof(given->device));
	}
	t = error ? NULL : nft_trans_add(call, &nft_trans_delhooks, chain->table);
	if (t) {
		t->chain = chain;
		t->hooks = marked;
	} else {
		DL_FOREACH (marked, given) {
			DL_FOREACH (chain->hooks, hook) {
				if (!strcmp(hook->device, given->device))
					hook->dead = false;
			}
		}
		nft_hooks_free(marked);
		error = error ? error : -ENOMEM;
	}
	nft_hooks_free(parsed.hooks);
	return error;
}

static int delete_whole(struct nft_call *call, struct nft_chain *chain, const struct nlattr *attr)
{
	int error = nft_rules_delete(call, chain);

	if (error)
		return error;
	/* What is left are jumps from elsewhere. */
	if (chain->use)
		return nft_bad(call, attr, -EBUSY);
	return nft_chain_delete(call, chain);
}

static int handle_delchain(struct nft_call *call)
{
	const struct nlattr *const *attrs = call->attrs;
	const struct nlattr *handle = attrs[NFTA_CHAIN_HANDLE];
	const struct nlattr *attr = handle ? handle : attrs[NFTA_CHAIN_NAME];
	bool destroy = call->message == NICEMU_MSG_DESTROYCHAIN;
	struct nft_table *table;
	struct nft_chain *chain;
	int error;

	table = nft_table_find(call->nft, attrs[NFTA_CHAIN_TABLE], call->family, call->portid,
			       &error);
	if (!table)
		return nft_bad(call, attrs[NFTA_CHAIN_TABLE], error);
	call->table = table;
	if (handle) {
		chain = nft_chain_find_handle(table, nft_attr_be64(handle));
		error = chain ? 0 : -ENOENT;
	} else {
		chain = nft_chain_find(table, attr, &error);
	}
	if (!chain)
		return error == -ENOENT && destroy ? 0 : nft_bad(call, attr, error);
	call->chain = chain;
	if (chain->flags & NFT_CHAIN_BINDING)
		return -EOPNOTSUPP;
	if (attrs[NFTA_CHAIN_HOOK] && call->nft->env.kernel->chain_device_updates) {
		if (nft_chain_is_offload(chain))
			return nft_chain_refuse(call, NFT_CHAIN_DEVICES_KEPT);
		if (destroy)
			return -EOPNOTSUPP;
		if (nft_chain_is_base(chain) &&
		    nft_chain_has_devices(table->family, chain->hooknum))
			return delete_devices(call, chain);
	}
	if (call->flags & NLM_F_NONREC && chain->use)
		return -EBUSY;
	return delete_whole(call, chain, attr);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWCHAIN, true, NFTA_CHAIN_MAX, policy, handle_newchain},
	{NFT_MSG_GETCHAIN, false, NFTA_CHAIN_MAX, policy, nft_handle_getchain},
	{NFT_MSG_DELCHAIN, true, NFTA_CHAIN_MAX, policy, handle_delchain},
	{NICEMU_MSG_DESTROYCHAIN, true, NFTA_CHAIN_MAX, policy, handle_delchain},
};

const struct nft_message_group nft_chain_messages = {types, sizeof(types) / sizeof(*types)};
