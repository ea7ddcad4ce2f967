/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements: NEWSETELEM DELSETELEM DESTROYSETELEM. Getting them is in setelem_dump.c. */
#include "set.h"

#include <errno.h>

struct trans_elem {
	struct nft_trans trans;
	struct nft_set *set;
	struct nft_setelem *elem;
};

static bool is_counted(const struct nft_setelem *elem)
{
	return !(elem->flags & NFT_SET_ELEM_CATCHALL);
}

static void take_off_list(struct nft_set *set, struct nft_setelem *elem)
{
	DL_DELETE(set->elems, elem);
	if (is_counted(elem))
		set->nelems--;
}

/* ---- transactions ---- */

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	struct trans_elem *t = (struct trans_elem *)trans;

	t->set->has_last_start = false;
	nft_setelem_notify(nft, trans, t->set, t->elem, NFT_MSG_NEWSETELEM);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	struct trans_elem *t = (struct trans_elem *)trans;

	t->set->has_last_start = false;
	nft_set_index_remove(t->set, t->elem);
	nft_setelem_release(t->elem);
	take_off_list(t->set, t->elem);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (!committed)
		nft_setelem_free(((struct trans_elem *)trans)->elem);
}

static const struct nft_trans_type newelem = {
	.name = "add element",
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct trans_elem),
};

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	struct trans_elem *t = (struct trans_elem *)trans;

	t->set->has_last_start = false;
	nft_setelem_notify(nft, trans, t->set, t->elem, NFT_MSG_DELSETELEM);
	take_off_list(t->set, t->elem);
	if (is_counted(t->elem))
		t->set->ndeact--;
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	struct trans_elem *t = (struct trans_elem *)trans;

	t->elem->dead = false;
	t->set->has_last_start = false;
	nft_set_index_restore(t->set, t->elem);
	nft_setelem_hold(t->elem);
	if (is_counted(t->elem))
		t->set->ndeact--;
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		nft_setelem_free(((struct trans_elem *)trans)->elem);
}

static const struct nft_trans_type delelem = {
	.name = "delete element",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct trans_elem),
};

/* ---- NEWSETELEM ---- */

static bool data_differs(const struct nft_set *set, struct nft_setelem *a, struct nft_setelem *b)
{
	if (a->has_data != b->has_data || a->object != b->object)
		return true;
	if (!a->has_data)
		return false;
	if (set->desc.data_type == NFT_DATA_VERDICT)
		return a->verdict != b->verdict || a->chain != b->chain;
	return memcmp(nft_setelem_data(set, a), nft_setelem_data(set, b), set->desc.data_length);
}

/* What a clash means: nothing, where the same element is there already and that may be. */
static int judge_clash(const struct nft_call *call, const struct nft_set *set,
		       struct nft_setelem *elem, struct nft_setelem *clash, int error)
{
	if (error == -ECANCELED)
		return 0;
	if (error == -ENOTEMPTY)
		return -EEXIST;
	if (error != -EEXIST)
		return error;
	return data_differs(set, elem, clash) || call->flags & NLM_F_EXCL ? -EEXIST : 0;
}

static int insert(struct nft_call *call, struct nft_set *set, struct nft_setelem *elem, bool *kept)
{
	uint32_t max = nft_set_index_max(set);
	struct nft_setelem *clash;
	struct trans_elem *trans;
	int error;

	error = nft_set_index_insert(call->nft->env.kernel, set, elem, &clash);
	if (error)
		return judge_clash(call, set, elem, clash, error);
	if (is_counted(elem))
		set->nelems++;
	trans = nft_trans_add(call, &newelem, set->table);
	if (!trans) {
		nft_set_index_remove(set, elem);
		take_off_list(set, elem);
		return -ENOMEM;
	}
	trans->set = set;
	trans->elem = elem;
	*kept = true;
	return is_counted(elem) && set->nelems > max ? -ENFILE : 0;
}

static int add_element(struct nft_call *call, struct nft_set *set, const struct nlattr *attr)
{
	struct nft_setelem *elem;
	bool kept = false;
	int error;

	error = nft_setelem_parse(call, set, attr, &elem);
	if (error)
		return error;
	if (elem->chain && set->bindings && set->table->validate_state == NFT_VALIDATE_SKIP)
		set->table->validate_state = NFT_VALIDATE_NEED;
	error = insert(call, set, elem, &kept);
	if (!kept) {
		nft_setelem_release(elem);
		nft_setelem_free(elem);
	}
	return error;
}

static struct nft_table *find_table(struct nft_call *call, int *error)
{
	const struct nlattr *name = call->attrs[NFTA_SET_ELEM_LIST_TABLE];
	struct nft_table *table;

	table = nft_table_find(call->nft, name, call->family, call->portid, error);
	if (!table)
		nft_bad(call, name, *error);
	call->table = table;
	return table;
}

static int handle_newsetelem(struct nft_call *call)
{
	const struct nlattr *list = call->attrs[NFTA_SET_ELEM_LIST_ELEMENTS];
	const struct nlattr *name = call->attrs[NFTA_SET_ELEM_LIST_SET], *attr;
	struct nft_table *table;
	struct nft_set *set;
	size_t left;
	int error;

	if (!list)
		return -EINVAL;
	table = find_table(call, &error);
	if (!table)
		return error;
	set = nft_set_find_or_id(call->nft, table, name, call->attrs[NFTA_SET_ELEM_LIST_SET_ID],
				 &error);
	if (!set)
		return nft_bad(call, name, error);
	if (set->bindings && set->desc.flags & (NFT_SET_CONSTANT | NFT_SET_ANONYMOUS))
		return -EBUSY;
	if (!call->nft->transactions)
		set->has_last_start = false;
	nft_attr_for_each_nested (attr, list, left) {
		error = add_element(call, set, attr);
		if (error)
			return nft_bad(call, attr, error);
	}
	return table->validate_state == NFT_VALIDATE_DO ? nft_table_validate(call->nft, table) : 0;
}

/* ---- DELSETELEM ---- */

static int delete_element(struct nft_call *call, struct nft_set *set, struct nft_setelem *elem)
{
	struct trans_elem *trans = nft_trans_add(call, &delelem, set->table);

	if (!trans)
		return -ENOMEM;
	trans->set = set;
	trans->elem = elem;
	nft_set_index_remove(set, elem);
	elem->dead = true;
	nft_setelem_release(elem);
	if (is_counted(elem))
		set->ndeact++;
	return 0;
}

static int delete_by_attr(struct nft_call *call, struct nft_set *set, const struct nlattr *attr)
{
	struct nft_setelem *elem;
	struct nft_setelem_key key;
	int error;

	error = nft_setelem_key_parse(call, set, attr, true, &key);
	if (error)
		return error;
	elem = nft_set_index_find(set, key.key, key.flags);
	return elem ? delete_element(call, set, elem) : -ENOENT;
}

static int flush_set(struct nft_call *call, struct nft_set *set)
{
	struct nft_setelem *elem;
	int error = 0;

	/* In the order of a dump; from an ordered index elements leave at its end. */
	while (!error && set->num_ordered)
		error = delete_element(call, set, set->ordered[set->num_ordered - 1]);
	DL_FOREACH (set->elems, elem) {
		if (!error && !elem->dead && is_counted(elem))
			error = delete_element(call, set, elem);
	}
	if (!error && set->catchall)
		error = delete_element(call, set, set->catchall);
	return error;
}

static int handle_delsetelem(struct nft_call *call)
{
	const struct nlattr *list = call->attrs[NFTA_SET_ELEM_LIST_ELEMENTS];
	const struct nlattr *name = call->attrs[NFTA_SET_ELEM_LIST_SET], *attr;
	struct nft_table *table;
	struct nft_set *set;
	size_t left;
	int error;

	table = find_table(call, &error);
	if (!table)
		return error;
	set = nft_set_find(table, name, &error);
	if (!set)
		return nft_bad(call, name, error);
	if (nft_set_is_anonymous(set))
		return -EOPNOTSUPP;
	if (set->bindings && set->desc.flags & NFT_SET_CONSTANT)
		return -EBUSY;
	if (!list)
		return flush_set(call, set);
	if (!call->nft->transactions)
		set->has_last_start = false;
	nft_attr_for_each_nested (attr, list, left) {
		error = delete_by_attr(call, set, attr);
		if (error == -ENOENT && call->message == NICEMU_MSG_DESTROYSETELEM)
			continue;
		if (error)
			return nft_bad(call, attr, error);
	}
	return 0;
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWSETELEM, true, NFTA_SET_ELEM_LIST_MAX, nft_setelem_list_policy,
	 handle_newsetelem},
	{NFT_MSG_GETSETELEM, false, NFTA_SET_ELEM_LIST_MAX, nft_setelem_list_policy,
	 nft_setelems_get},
	{NICEMU_MSG_GETSETELEM_RESET, false, NFTA_SET_ELEM_LIST_MAX, nft_setelem_list_policy,
	 nft_setelems_get},
	{NFT_MSG_DELSETELEM, true, NFTA_SET_ELEM_LIST_MAX, nft_setelem_list_policy,
	 handle_delsetelem},
	{NICEMU_MSG_DESTROYSETELEM, true, NFTA_SET_ELEM_LIST_MAX, nft_setelem_list_policy,
	 handle_delsetelem},
};

const struct nft_message_group nft_setelem_messages = {types, sizeof(types) / sizeof(*types)};
