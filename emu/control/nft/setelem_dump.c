/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements as messages: GETSETELEM, notifications. */
#include "../nlmsg.h"
#include "set.h"

#include <errno.h>

/* A message of a dump takes elements as long as one more, however large, still fits a datagram. */
enum { ROOM_FOR_ELEMENT = 2048 };

static void put_value(struct nft_writer *w, uint16_t type, const uint8_t *value, uint32_t length)
{
	size_t nest = nft_nest_begin(w, type);

	nft_put(w, NFTA_DATA_VALUE, value, length);
	nft_nest_end(w, nest);
}

static void put_verdict(struct nft_writer *w, const struct nft_setelem *elem)
{
	size_t nest = nft_nest_begin(w, NFTA_SET_ELEM_DATA);
	size_t verdict = nft_nest_begin(w, NFTA_DATA_VERDICT);

	nft_put_be32(w, NFTA_VERDICT_CODE, (uint32_t)elem->verdict);
	if (elem->chain)
		nft_put_string(w, NFTA_VERDICT_CHAIN, elem->chain->name);
	nft_nest_end(w, verdict);
	nft_nest_end(w, nest);
}

static void put_exprs(struct nft_writer *w, struct nft_setelem *elem, bool reset)
{
	size_t nest = 0;

	if (!elem->num_exprs)
		return;
	if (elem->num_exprs > 1)
		nest = nft_nest_begin(w, NFTA_SET_ELEM_EXPRESSIONS);
	for (unsigned int i = 0; i < elem->num_exprs; i++) {
		nft_put_expr(w, nest ? NFTA_LIST_ELEM : NFTA_SET_ELEM_EXPR, &elem->exprs[i]);
		if (reset)
			nft_expr_reset(&elem->exprs[i]);
	}
	if (nest)
		nft_nest_end(w, nest);
}

void nft_setelem_fill(struct nft_writer *w, const struct nft_set *set, struct nft_setelem *elem,
		      bool reset)
{
	const struct nft_set_desc *desc = &set->desc;
	size_t nest = nft_nest_begin(w, NFTA_LIST_ELEM);

	if (!(elem->flags & NFT_SET_ELEM_CATCHALL))
		put_value(w, NFTA_SET_ELEM_KEY, elem->bytes, desc->key_length);
	if (elem->has_key_end)
		put_value(w, NFTA_SET_ELEM_KEY_END, nft_setelem_key_end(set, elem),
			  desc->key_length);
	if (elem->has_data && desc->data_type == NFT_DATA_VERDICT)
		put_verdict(w, elem);
	else if (elem->has_data)
		put_value(w, NFTA_SET_ELEM_DATA, nft_setelem_data(set, elem), desc->data_length);
	put_exprs(w, elem, reset);
	if (elem->object)
		nft_put_string(w, NFTA_SET_ELEM_OBJREF, nft_object_name(elem->object));
	if (elem->flags)
		nft_put_be32(w, NFTA_SET_ELEM_FLAGS, elem->flags);
	if (elem->userdata)
		nft_put(w, NFTA_SET_ELEM_USERDATA, elem->userdata, elem->userdata_size);
	nft_nest_end(w, nest);
}

/* A message's head; returns the open list of elements. */
static size_t begin_list(struct nft_writer *w, const struct nft_set *set)
{
	nft_put_string(w, NFTA_SET_ELEM_LIST_TABLE, set->table->name);
	nft_put_string(w, NFTA_SET_ELEM_LIST_SET, set->name);
	return nft_nest_begin(w, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void fill_one(struct nft_writer *w, const struct nft_set *set, struct nft_setelem *elem,
		     bool reset)
{
	size_t nest = begin_list(w, set);

	nft_setelem_fill(w, set, elem, reset);
	nft_nest_end(w, nest);
}

void nft_setelem_notify(struct nft *nft, const struct nft_trans *trans, const struct nft_set *set,
			struct nft_setelem *elem, uint8_t event)
{
	struct nft_writer *w = nft_notify_begin(nft, trans, event, 0);

	if (!w)
		return;
	/* A kernel does not tell whose message an element comes from. */
	nft_writer_header(w)->nlmsg_seq = 0;
	fill_one(w, set, elem, false);
	nft_notify_end(nft, trans);
}

/*
 * As many messages as it takes; after them one more, which holds the catch-all element or nothing.
 * An empty set is that last message alone.
 */
static int dump_elements(struct nft_call *call, struct nft_set *set, bool reset)
{
	struct nft_setelem *elem = NULL;
	struct nft_writer *w;
	struct nft_dump dump;
	size_t at = 0, nest;

	nft_dump_begin(&dump, call);
	elem = nft_set_index_next(set, NULL, &at);
	while (elem) {
		w = nft_dump_message(&dump, NFT_MSG_NEWSETELEM, 0, set->table->family);
		nest = begin_list(w, set);
		for (; elem && nft_writer_size(w) + ROOM_FOR_ELEMENT <= NLMSG_DATAGRAM_SIZE;
		     elem = nft_set_index_next(set, elem, &at))
			nft_setelem_fill(w, set, elem, reset);
		nft_nest_end(w, nest);
		nft_dump_add(&dump);
	}
	w = nft_dump_message(&dump, NFT_MSG_NEWSETELEM, 0, set->table->family);
	nest = begin_list(w, set);
	if (set->catchall)
		nft_setelem_fill(w, set, set->catchall, reset);
	nft_nest_end(w, nest);
	nft_dump_add(&dump);
	return nft_dump_end(&dump);
}

static int get_element(struct nft_call *call, const struct nft_set *set, const struct nlattr *attr,
		       bool reset)
{
	struct nft_setelem *elem;
	struct nft_setelem_key key;
	int error;

	error = nft_setelem_key_parse(call, set, attr, false, &key);
	if (error)
		return error;
	elem = nft_set_index_get(set, key.key, key.flags);
	if (!elem)
		return -ENOENT;
	fill_one(nft_reply_begin(call, NFT_MSG_NEWSETELEM, 0, call->family), set, elem, reset);
	return nft_reply_send(call);
}

int nft_setelems_get(struct nft_call *call)
{
	const struct nlattr *list = call->attrs[NFTA_SET_ELEM_LIST_ELEMENTS];
	const struct nlattr *attr = call->attrs[NFTA_SET_ELEM_LIST_TABLE];
	bool reset = call->message == NICEMU_MSG_GETSETELEM_RESET;
	struct nft_table *table;
	struct nft_set *set;
	size_t left;
	int error;

	if (!(call->flags & NLM_F_DUMP) && !list)
		return -EINVAL;
	table = nft_table_find(call->nft, attr, call->family, 0, &error);
	if (!table)
		return nft_bad(call, attr, error);
	attr = call->attrs[NFTA_SET_ELEM_LIST_SET];
	set = nft_set_find(table, attr, &error);
	if (!set)
		return nft_bad(call, attr, error);
	if (call->flags & NLM_F_DUMP)
		return dump_elements(call, set, reset);
	nft_attr_for_each_nested (attr, list, left) {
		error = get_element(call, set, attr, reset);
		if (error)
			return nft_bad(call, attr, error);
	}
	return 0;
}
