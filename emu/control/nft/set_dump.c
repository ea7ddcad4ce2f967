/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets as messages: GETSET, notifications. */
#include "set.h"

#include <errno.h>

void nft_put_expr(struct nft_writer *w, uint16_t type, const struct nft_expr *expr)
{
	size_t nest = nft_nest_begin(w, type);

	if (!nft_writer_failed(w) && !nft_expr_dump(nft_writer_header(w), sizeof(w->bytes), expr))
		w->failed = true;
	nft_nest_end(w, nest);
}

static void put_fields(struct nft_writer *w, const struct nft_set_desc *desc)
{
	size_t nest = nft_nest_begin(w, NFTA_SET_DESC_CONCAT);

	for (unsigned int i = 0; i < desc->num_fields; i++) {
		size_t field = nft_nest_begin(w, NFTA_LIST_ELEM);

		nft_put_be32(w, NFTA_SET_FIELD_LEN, desc->fields[i]);
		nft_nest_end(w, field);
	}
	nft_nest_end(w, nest);
}

static void put_description(struct nft_writer *w, const struct nft_set *set)
{
	size_t nest = nft_nest_begin(w, NFTA_SET_DESC);

	if (set->desc.size)
		nft_put_be32(w, NFTA_SET_DESC_SIZE,
			     nft_set_user_size(set->backend, set->desc.size));
	if (set->desc.num_fields > 1)
		put_fields(w, &set->desc);
	nft_nest_end(w, nest);
}

static void put_exprs(struct nft_writer *w, const struct nft_set *set)
{
	size_t nest;

	if (set->num_exprs == 1)
		nft_put_expr(w, NFTA_SET_EXPR, &set->exprs[0]);
	if (set->num_exprs < 2)
		return;
	nest = nft_nest_begin(w, NFTA_SET_EXPRESSIONS);
	for (unsigned int i = 0; i < set->num_exprs; i++)
		nft_put_expr(w, NFTA_LIST_ELEM, &set->exprs[i]);
	nft_nest_end(w, nest);
}

void nft_set_fill(const struct nft *nft, struct nft_writer *w, const struct nft_set *set,
		  uint8_t event)
{
	const struct nft_set_desc *desc = &set->desc;

	nft_put_string(w, NFTA_SET_TABLE, set->table->name);
	nft_put_string(w, NFTA_SET_NAME, set->name);
	nft_put_be64(w, NFTA_SET_HANDLE, set->handle);
	if (event != NFT_MSG_NEWSET && nft->env.kernel->short_delete_events)
		return;
	if (desc->flags)
		nft_put_be32(w, NFTA_SET_FLAGS, desc->flags);
	nft_put_be32(w, NFTA_SET_KEY_TYPE, desc->key_type);
	nft_put_be32(w, NFTA_SET_KEY_LEN, desc->key_length);
	if (desc->flags & NFT_SET_MAP) {
		nft_put_be32(w, NFTA_SET_DATA_TYPE, desc->data_type);
		nft_put_be32(w, NFTA_SET_DATA_LEN, desc->data_length);
	}
	if (desc->flags & NFT_SET_OBJECT)
		nft_put_be32(w, NFTA_SET_OBJ_TYPE, desc->object_type);
	if (desc->timeout_ms)
		nft_put_be64(w, NFTA_SET_TIMEOUT, desc->timeout_ms);
	if (desc->gc_interval)
		nft_put_be32(w, NFTA_SET_GC_INTERVAL, desc->gc_interval);
	if (desc->policy != NFT_SET_POL_PERFORMANCE)
		nft_put_be32(w, NFTA_SET_POLICY, desc->policy);
	if (set->userdata)
		nft_put(w, NFTA_SET_USERDATA, set->userdata, set->userdata_size);
	put_description(w, set);
	if (nft->env.kernel->set_backend_dump) {
		nft_put_string(w, NICEMU_SET_TYPE, nft_set_backend_name(set->backend));
		nft_put_be32(w, NICEMU_SET_COUNT, nft_set_user_size(set->backend, set->nelems));
	}
	put_exprs(w, set);
}

void nft_set_notify(struct nft *nft, const struct nft_trans *trans, const struct nft_set *set,
		    uint8_t event)
{
	struct nft_writer *w = nft_notify_begin(nft, trans, event, 0);

	if (!w)
		return;
	nft_set_fill(nft, w, set, event);
	nft_notify_end(nft, trans);
}

static int dump_sets(struct nft_call *call, const struct nft_table *only)
{
	const struct nft_table *table;
	const struct nft_set *set;
	struct nft_dump dump;

	nft_dump_begin(&dump, call);
	DL_FOREACH (call->nft->tables, table) {
		if ((call->family && call->family != table->family) || (only && only != table))
			continue;
		DL_FOREACH (table->sets, set) {
			nft_set_fill(call->nft,
				     nft_dump_message(&dump, NFT_MSG_NEWSET, 0, table->family), set,
				     NFT_MSG_NEWSET);
			nft_dump_add(&dump);
		}
	}
	return nft_dump_end(&dump);
}

int nft_set_get(struct nft_call *call)
{
	const struct nlattr *attr = call->attrs[NFTA_SET_TABLE];
	struct nft_table *table = NULL;
	struct nft_set *set;
	int error;

	if (attr) {
		table = nft_table_find(call->nft, attr, call->family, 0, &error);
		if (!table)
			return nft_bad(call, attr, error);
	}
	if (call->flags & NLM_F_DUMP)
		return dump_sets(call, table);
	if (call->family == NFPROTO_UNSPEC)
		return -EAFNOSUPPORT;
	if (!table)
		return -EINVAL;
	attr = call->attrs[NFTA_SET_NAME];
	set = nft_set_find(table, attr, &error);
	if (!set)
		return nft_bad(call, attr, error);
	nft_set_fill(call->nft, nft_reply_begin(call, NFT_MSG_NEWSET, 0, call->family), set,
		     NFT_MSG_NEWSET);
	return nft_reply_send(call);
}
