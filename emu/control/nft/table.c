/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: NEWTABLE GETTABLE DELTABLE DESTROYTABLE. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

struct trans_table {
	struct nft_trans trans;
	uint32_t old_flags, old_owner; /* an update's undo */
};

static const struct nft_policy policy[NFTA_TABLE_MAX + 1] = {
	[NFTA_TABLE_NAME] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_TABLE_FLAGS] = {.kind = NFT_ATTR_MASK32,
			      .length = NICEMU_TABLE_F_MASK,
			      .needs = KERNEL_NEEDS(reserved_flags_refused)},
	[NFTA_TABLE_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_TABLE_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
};

static void fill(const struct nft *nft, struct nft_writer *w, const struct nft_table *table,
		 uint8_t event)
{
	const struct kernel_behavior *kernel = nft->env.kernel;

	nft_put_string(w, NFTA_TABLE_NAME, table->name);
	if (!kernel->dump_names_first)
		nft_put_be32(w, NFTA_TABLE_FLAGS, table->flags);
	nft_put_be32(w, NFTA_TABLE_USE, table->use);
	nft_put_be64(w, NFTA_TABLE_HANDLE, table->handle);
	if (event != NFT_MSG_NEWTABLE && kernel->short_delete_events)
		return;
	if (kernel->dump_names_first)
		nft_put_be32(w, NFTA_TABLE_FLAGS, table->flags);
	if (table->flags & NFT_TABLE_F_OWNER)
		nft_put_be32(w, NFTA_TABLE_OWNER, table->owner);
	if (table->userdata)
		nft_put(w, NFTA_TABLE_USERDATA, table->userdata, table->userdata_size);
}

static void notify(struct nft *nft, const struct nft_trans *trans, uint8_t event)
{
	struct nft_writer *w = nft_notify_begin(nft, trans, event, 0);

	if (!w)
		return;
	fill(nft, w, trans->table, event);
	nft_notify_end(nft, trans);
}

/* ---- transactions ---- */

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	notify(nft, trans, NFT_MSG_NEWTABLE);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	DL_DELETE(nft->tables, trans->table);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (!committed)
		nft_table_free(trans->table);
}

static const struct nft_trans_type newtable = {
	.name = "add table",
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct trans_table),
};

static void commit_update(struct nft *nft, struct nft_trans *trans)
{
	trans->table->update_pending = false;
	notify(nft, trans, NFT_MSG_NEWTABLE);
}

static void abort_update(struct nft *nft, struct nft_trans *trans)
{
	struct trans_table *update = (struct trans_table *)trans;

	trans->table->update_pending = false;
	trans->table->flags = update->old_flags;
	trans->table->owner = update->old_owner;
}

static const struct nft_trans_type updtable = {
	.name = "change table",
	.commit = commit_update,
	.abort = abort_update,
	.size = sizeof(struct trans_table),
};

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	DL_DELETE(nft->tables, trans->table);
	notify(nft, trans, NFT_MSG_DELTABLE);
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	trans->table->dead = false;
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		nft_table_free(trans->table);
}

static const struct nft_trans_type deltable = {
	.name = "delete table",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct trans_table),
};

/* ---- NEWTABLE ---- */

static int check_flags(const struct nft_call *call, uint32_t flags)
{
	const struct kernel_behavior *kernel = call->nft->env.kernel;
	uint32_t known = NFT_TABLE_F_DORMANT;

	if (kernel->table_owner)
		known |= NFT_TABLE_F_OWNER;
	if (kernel->table_persist)
		known |= NICEMU_TABLE_F_PERSIST;
	if (!(flags & ~known))
		return 0;
	return kernel->table_owner ? -EOPNOTSUPP : -EINVAL;
}

static int update_table(struct nft_call *call, struct nft_table *table)
{
	const struct nlattr *attr = call->attrs[NFTA_TABLE_FLAGS];
	struct trans_table *update;
	uint32_t flags;
	int error;

	if (!attr)
		return 0;
	flags = nft_attr_be32(attr);
	error = check_flags(call, flags);
	if (error)
		return error;
	if (flags == table->flags)
		return 0;
	/* An owned table stays owned; only one that its owner has left can be taken. */
	if ((table->flags ^ flags) & NFT_TABLE_F_OWNER &&
	    !(table->flags & NICEMU_TABLE_F_PERSIST && !(table->flags & NFT_TABLE_F_OWNER)))
		return -EOPNOTSUPP;
	if ((table->flags ^ flags) & NICEMU_TABLE_F_PERSIST)
		return -EOPNOTSUPP;
	if (table->update_pending || nft_chain_update_pending(call->nft, table))
		return -EINVAL;
	update = nft_trans_add(call, &updtable, table);
	if (!update)
		return -ENOMEM;
	update->old_flags = table->flags;
	update->old_owner = table->owner;
	table->update_pending = true;
	if (table->flags & ~flags & NFT_TABLE_F_DORMANT)
		nft_hooks_register(call->nft, table);
	table->flags = flags;
	if (flags & NFT_TABLE_F_OWNER)
		table->owner = call->portid;
	return 0;
}

static struct nft_table *make_table(struct nft_call *call, uint32_t flags)
{
	const struct nlattr *userdata = call->attrs[NFTA_TABLE_USERDATA];
	struct nft_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->name = nft_attr_strdup(call->attrs[NFTA_TABLE_NAME]);
	if (userdata) {
		table->userdata = nft_attr_memdup(userdata);
		table->userdata_size = (uint16_t)nft_attr_size(userdata);
	}
	if (!table->name || (userdata && !table->userdata)) {
		nft_table_free(table);
		return NULL;
	}
	table->family = call->family;
	table->flags = flags;
	table->owner = flags & NFT_TABLE_F_OWNER ? call->portid : 0;
	table->validate_state = call->nft->validate_all ? NFT_VALIDATE_DO : NFT_VALIDATE_SKIP;
	return table;
}

static int add_table(struct nft_call *call)
{
	const struct nlattr *attr = call->attrs[NFTA_TABLE_FLAGS];
	uint32_t flags = attr ? nft_attr_be32(attr) : 0;
	int error = check_flags(call, flags);
	struct nft_table *table;

	if (error)
		return error;
	table = make_table(call, flags);
	if (!table)
		return -ENOMEM;
	table->handle = ++call->nft->table_handle;
	if (!nft_trans_add(call, &newtable, table)) {
		nft_table_free(table);
		return -ENOMEM;
	}
	DL_APPEND(call->nft->tables, table);
	return 0;
}

static bool family_is_supported(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
	case NFPROTO_IPV4:
	case NFPROTO_ARP:
	case NFPROTO_NETDEV:
	case NFPROTO_BRIDGE:
	case NFPROTO_IPV6: return true;
	default: return false;
	}
}

static int handle_newtable(struct nft_call *call)
{
	const struct nlattr *name = call->attrs[NFTA_TABLE_NAME];
	struct nft_table *table;
	int error;

	if (!family_is_supported(call->family))
		return -EOPNOTSUPP;
	table = nft_table_find(call->nft, name, call->family, call->portid, &error);
	if (!table)
		return error == -ENOENT ? add_table(call) : error;
	call->table = table;
	if (call->flags & NLM_F_EXCL)
		return nft_bad(call, name, -EEXIST);
	if (call->flags & NLM_F_REPLACE)
		return -EOPNOTSUPP;
	return update_table(call, table);
}

/* ---- DELTABLE ---- */

/* Everything in it goes first, each with its own transaction, in the kernel's order. */
static int delete_table(struct nft_call *call, struct nft_table *table)
{
	struct nft_chain *chain;
	int error = 0;

	DL_FOREACH (table->chains, chain) {
		if (!error && !chain->dead && !(chain->flags & NFT_CHAIN_BINDING))
			error = nft_rules_delete(call, chain);
	}
	if (!error)
		error = nft_sets_delete(call, table);
	if (!error)
		error = nft_objects_delete(call, table);
	DL_FOREACH (table->chains, chain) {
		if (!error && !chain->dead && !(chain->flags & NFT_CHAIN_BINDING))
			error = nft_chain_delete(call, chain);
	}
	if (error)
		return error;
	if (!nft_trans_add(call, &deltable, table))
		return -ENOMEM;
	table->dead = true;
	return 0;
}

/* Without a name all tables of the family go, or of all families; those of other owners stay. */
static int delete_tables(struct nft_call *call)
{
	const struct nlattr *name = call->attrs[NFTA_TABLE_NAME];
	struct nft_table *table;
	int error = 0;

	DL_FOREACH (call->nft->tables, table) {
		if (table->dead || (call->family && call->family != table->family) ||
		    (table->flags & NFT_TABLE_F_OWNER && table->owner != call->portid) ||
		    (name && !nft_attr_equals(name, table->name)))
			continue;
		error = delete_table(call, table);
		if (error)
			break;
	}
	return error;
}

static int handle_deltable(struct nft_call *call)
{
	const struct nlattr *handle = call->attrs[NFTA_TABLE_HANDLE];
	const struct nlattr *attr = handle ? handle : call->attrs[NFTA_TABLE_NAME];
	struct nft_table *table;
	int error;

	if (call->family == NFPROTO_UNSPEC || !attr)
		return delete_tables(call);
	if (handle)
		table = nft_table_find_handle(call->nft, handle, call->family, call->portid,
					      &error);
	else
		table = nft_table_find(call->nft, attr, call->family, call->portid, &error);
	if (!table && error == -ENOENT && call->message == NICEMU_MSG_DESTROYTABLE)
		return 0;
	if (!table)
		return nft_bad(call, attr, error);
	call->table = table;
	if (call->flags & NLM_F_NONREC && table->use)
		return -EBUSY;
	return delete_table(call, table);
}

void nft_tables_orphan(struct nft *nft, struct client *client)
{
	struct nft_call call = {.nft = nft, .client = client, .portid = client_portid(client)};
	struct nft_table *table;

	DL_FOREACH (nft->tables, table) {
		if (!(table->flags & NFT_TABLE_F_OWNER) || table->owner != call.portid)
			continue;
		if (table->flags & NICEMU_TABLE_F_PERSIST) {
			table->flags &= ~(uint32_t)NFT_TABLE_F_OWNER;
			table->owner = 0;
		} else if (delete_table(&call, table)) {
			log_add(nft->env.log, LOG_ERROR, nft->env.clock->now_ns,
				"table %s outlives its owner: memory is out", table->name);
		}
	}
	nft_commit_silently(&call);
}

/* ---- GETTABLE ---- */

static int dump_tables(struct nft_call *call)
{
	struct nft_table *table;
	struct nft_dump dump;

	nft_dump_begin(&dump, call);
	DL_FOREACH (call->nft->tables, table) {
		if (call->family && call->family != table->family)
			continue;
		fill(call->nft, nft_dump_message(&dump, NFT_MSG_NEWTABLE, 0, table->family), table,
		     NFT_MSG_NEWTABLE);
		nft_dump_add(&dump);
	}
	return nft_dump_end(&dump);
}

static int handle_gettable(struct nft_call *call)
{
	const struct nlattr *name = call->attrs[NFTA_TABLE_NAME];
	struct nft_table *table;
	int error;

	if (call->flags & NLM_F_DUMP)
		return dump_tables(call);
	table = nft_table_find(call->nft, name, call->family, 0, &error);
	if (!table)
		return nft_bad(call, name, error);
	fill(call->nft, nft_reply_begin(call, NFT_MSG_NEWTABLE, 0, call->family), table,
	     NFT_MSG_NEWTABLE);
	return nft_reply_send(call);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWTABLE, true, NFTA_TABLE_MAX, policy, handle_newtable},
	{NFT_MSG_GETTABLE, false, NFTA_TABLE_MAX, policy, handle_gettable},
	{NFT_MSG_DELTABLE, true, NFTA_TABLE_MAX, policy, handle_deltable},
	{NICEMU_MSG_DESTROYTABLE, true, NFTA_TABLE_MAX, policy, handle_deltable},
};

const struct nft_message_group nft_table_messages = {types, sizeof(types) / sizeof(*types)};
