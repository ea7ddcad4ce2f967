/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and maps: NEWSET DELSET DESTROYSET, and deleting all of a table. GETSET is in set_dump.c. */
#include "set.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct trans_set {
	struct nft_trans trans;
	struct nft_set *set;
	/* An update's: size 0 leaves the old one. */
	uint32_t size, gc_interval;
	uint64_t timeout_ms;
};

/* ---- store ---- */

struct nft_set *nft_set_find(struct nft_table *table, const struct nlattr *name, int *error)
{
	const char *text;
	size_t length;
	struct nft_set *set;

	*error = -EINVAL;
	if (!name)
		return NULL;
	/* As the kernel's comparison: NULs at the end do not count, others do. */
	text = nft_attr_data(name);
	length = nft_attr_size(name);
	while (length && !text[length - 1])
		length--;
	HASH_FIND(by_name, table->set_names, text, length, set);
	*error = set ? 0 : -ENOENT;
	return set;
}

struct nft_set *nft_set_find_or_id(struct nft *nft, struct nft_table *table,
				   const struct nlattr *name, const struct nlattr *id, int *error)
{
	struct nft_set *set = nft_set_find(table, name, error);

	if (set || !id)
		return set;
	set = nft_id_find(nft, NFT_ID_SET, table, nft_attr_be32(id));
	if (set && set->dead)
		set = NULL;
	*error = set ? 0 : -ENOENT;
	return set;
}

static struct nft_set *find_handle(struct nft_table *table, const struct nlattr *handle, int *error)
{
	struct nft_set *set;

	DL_FOREACH (table->sets, set) {
		if (!set->dead && set->handle == nft_attr_be64(handle))
			break;
	}
	*error = set ? 0 : -ENOENT;
	return set;
}

void nft_set_unhash(struct nft_set *set)
{
	if (set->by_name.tbl)
		HASH_DELETE(by_name, set->table->set_names, set);
	set->by_name.tbl = NULL;
}

void nft_set_rehash(struct nft_set *set)
{
	if (!set->by_name.tbl)
		HASH_ADD_KEYPTR(by_name, set->table->set_names, set->name, strlen(set->name), set);
}

static void link_set(struct nft_set *set)
{
	DL_APPEND(set->table->sets, set);
	set->is_linked = true;
	nft_set_rehash(set);
}

void nft_set_unlink(struct nft_set *set)
{
	nft_set_unhash(set);
	if (set->is_linked)
		DL_DELETE(set->table->sets, set);
	set->is_linked = false;
}

void nft_set_destroy(struct nft_set *set)
{
	struct nft_setelem *elem, *next;

	if (!set)
		return;
	HASH_CLEAR(by_key, set->by_key);
	DL_FOREACH_SAFE (set->elems, elem, next)
		nft_setelem_free(elem);
	for (unsigned int i = 0; i < set->num_exprs; i++)
		nft_expr_clear(&set->exprs[i]);
	free(set->ordered);
	free(set->userdata);
	free(set->name);
	free(set);
}

static bool has_data(const struct nft_set *set)
{
	return set->desc.flags & (NFT_SET_MAP | NFT_SET_OBJECT);
}

void nft_set_hold_data(struct nft_set *set)
{
	struct nft_setelem *elem;

	if (!has_data(set))
		return;
	DL_FOREACH (set->elems, elem) {
		if (!elem->dead)
			nft_setelem_hold(elem);
	}
}

void nft_set_release_data(struct nft_set *set)
{
	struct nft_setelem *elem;

	if (!has_data(set))
		return;
	DL_FOREACH (set->elems, elem) {
		if (!elem->dead)
			nft_setelem_release(elem);
	}
}

/* ---- transactions ---- */

static int check_new(struct nft *nft, struct nft_trans *trans)
{
	const struct nft_set *set = ((struct trans_set *)trans)->set;

	/*
	 * nft always sends the rule in the same batch. In check mode it may have been left out: the
	 * set is gone then, too (nft_sets_delete_unbound).
	 */
	return nft_set_is_anonymous(set) && !set->is_bound && !nft->check ? -EINVAL : 0;
}

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_set *set = ((struct trans_set *)trans)->set;

	set->is_new = false;
	/* It goes with its rule: it does not keep the table busy. */
	if (nft_set_is_anonymous(set) && set->bindings)
		trans->table->use--;
	nft_set_notify(nft, trans, set, NFT_MSG_NEWSET);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	trans->table->use--;
	nft_set_unlink(((struct trans_set *)trans)->set);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		return;
	nft_id_forget(nft, ((struct trans_set *)trans)->set);
	nft_set_destroy(((struct trans_set *)trans)->set);
}

static const struct nft_trans_type newset = {
	.name = "add set",
	.check = check_new,
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct trans_set),
};

static void commit_update(struct nft *nft, struct nft_trans *trans)
{
	struct trans_set *update = (struct trans_set *)trans;

	if (update->size)
		update->set->desc.size = update->size;
	update->set->desc.timeout_ms = update->timeout_ms;
	update->set->desc.gc_interval = update->gc_interval;
	nft_set_notify(nft, trans, update->set, NFT_MSG_NEWSET);
}

static void abort_nothing(struct nft *nft, struct nft_trans *trans)
{
}

static const struct nft_trans_type updset = {
	.name = "change set",
	.commit = commit_update,
	.abort = abort_nothing,
	.size = sizeof(struct trans_set),
};

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_set *set = ((struct trans_set *)trans)->set;

	nft_set_unlink(set);
	nft_set_notify(nft, trans, set, NFT_MSG_DELSET);
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_set *set = ((struct trans_set *)trans)->set;

	set->dead = false;
	nft_set_rehash(set);
	nft_set_hold_data(set);
	trans->table->use++;
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		nft_set_destroy(((struct trans_set *)trans)->set);
}

static const struct nft_trans_type delset = {
	.name = "delete set",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct trans_set),
};

/* ---- NEWSET ---- */

/* The number in a name that was made from this template, or -1. */
static long number_of(const char *name, const char *template, size_t prefix)
{
	char *end;
	long number;

	if (strncmp(name, template, prefix))
		return -1;
	number = strtol(name + prefix, &end, 10);
	return end == name + prefix || number > INT_MAX ? -1 : number;
}

enum { NUMBERS_AT_ONCE = 4096 * CHAR_BIT }; /* a kernel's page of bits */

/* The lowest number that no live set of this template has. */
static long free_number(const struct nft_table *table, const char *template, size_t prefix)
{
	uint8_t *taken = malloc(NUMBERS_AT_ONCE / CHAR_BIT);
	const struct nft_set *set;
	long least, found = -1;

	for (least = 0; taken && found < 0; least += NUMBERS_AT_ONCE) {
		memset(taken, 0, NUMBERS_AT_ONCE / CHAR_BIT);
		DL_FOREACH (table->sets, set) {
			long n = set->dead ? -1 : number_of(set->name, template, prefix) - least;

			if (n >= 0 && n < NUMBERS_AT_ONCE)
				taken[n / CHAR_BIT] |= (uint8_t)(1 << n % CHAR_BIT);
		}
		for (long n = 0; n < NUMBERS_AT_ONCE && found < 0; n++) {
			if (!(taken[n / CHAR_BIT] & 1 << n % CHAR_BIT))
				found = least + n;
		}
	}
	free(taken);
	return found;
}

/* "__set%d" and the like become a free name. */
static int name_set(struct nft_set *set, const struct nlattr *attr)
{
	char *template = nft_attr_strdup(attr), *percent;
	struct nft_set *other;
	int error = -EINVAL;

	if (!template)
		return -ENOMEM;
	percent = strchr(template, '%');
	if (!percent) {
		set->name = template;
		template = NULL;
	} else {
		long number;

		if (percent[1] != 'd' || strchr(percent + 2, '%') ||
		    strlen(template) >= NICEMU_SET_ANON_MAX)
			goto out;
		number = free_number(set->table, template, (size_t)(percent - template));
		error = -ENOMEM;
		if (number < 0 || asprintf(&set->name, "%.*s%ld%s", (int)(percent - template),
					   template, number, percent + 2) < 0)
			goto out;
	}
	HASH_FIND(by_name, set->table->set_names, set->name, strlen(set->name), other);
	error = other ? -ENFILE : 0;
out:
	free(template);
	return error;
}

static int add_set(struct nft_call *call, struct nft_table *table, struct nft_set_desc *desc)
{
	const struct nlattr *userdata = call->attrs[NFTA_SET_USERDATA];
	enum nft_set_backend backend = nft_set_choose_backend(desc);
	struct trans_set *trans;
	struct nft_set *set;
	int error;

	if (backend == NFT_SET_NO_BACKEND)
		return -EOPNOTSUPP;
	if (nft_set_size_is_too_large(backend, desc->size))
		return -ENOMEM;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	desc->size = nft_set_kernel_size(backend, desc->size);
	set->table = table;
	set->desc = *desc;
	set->backend = backend;
	set->is_new = true;
	error = name_set(set, call->attrs[NFTA_SET_NAME]);
	if (!error)
		error = nft_set_exprs_parse(call, table, desc, set->exprs, &set->num_exprs);
	if (!error && userdata && nft_attr_size(userdata)) {
		set->userdata = nft_attr_memdup(userdata);
		set->userdata_size = (uint16_t)nft_attr_size(userdata);
		error = set->userdata ? 0 : -ENOMEM;
	}
	if (!error)
		error = nft_id_add(call->nft, NFT_ID_SET, table,
				   nft_attr_be32(call->attrs[NFTA_SET_ID]), set, true);
	trans = error ? NULL : nft_trans_add(call, &newset, table);
	if (!trans) {
		nft_id_forget(call->nft, set);
		nft_set_destroy(set);
		return error ? error : -ENOMEM;
	}
	set->handle = nft_handle_alloc(table);
	trans->set = set;
	table->use++;
	link_set(set);
	return 0;
}

static bool is_same(const struct nft_set *set, const struct nft_set_desc *desc,
		    const struct nft_expr *exprs, unsigned int num_exprs)
{
	const struct nft_set_desc *has = &set->desc;

	if (has->flags != desc->flags || has->key_type != desc->key_type ||
	    has->key_length != desc->key_length || has->data_type != desc->data_type ||
	    has->data_length != desc->data_length || has->num_fields != desc->num_fields ||
	    set->num_exprs != num_exprs || memcmp(has->fields, desc->fields, desc->num_fields))
		return false;
	for (unsigned int i = 0; i < num_exprs; i++) {
		if (set->exprs[i].type != exprs[i].type)
			return false;
	}
	return true;
}

static int update_set(struct nft_call *call, struct nft_set *set, const struct nft_set_desc *desc)
{
	const struct nlattr *name = call->attrs[NFTA_SET_NAME];
	struct nft_expr exprs[NICEMU_SET_EXPRS_MAX] = {0};
	struct trans_set *trans;
	uint8_t num_exprs;
	bool same;
	int error;

	if (call->flags & NLM_F_EXCL)
		return nft_bad(call, name, -EEXIST);
	if (call->flags & NLM_F_REPLACE || nft_set_is_anonymous(set))
		return -EOPNOTSUPP;
	/* Older kernels looked no further, and changed nothing. */
	if (!call->nft->env.kernel->set_timeout_updates)
		return 0;
	error = nft_set_exprs_parse(call, set->table, desc, exprs, &num_exprs);
	if (error)
		return error;
	same = is_same(set, desc, exprs, num_exprs);
	while (num_exprs)
		nft_expr_clear(&exprs[--num_exprs]);
	if (!same)
		return nft_bad(call, name, -EEXIST);
	trans = nft_trans_add(call, &updset, set->table);
	if (!trans)
		return -ENOMEM;
	trans->set = set;
	trans->timeout_ms = desc->timeout_ms;
	trans->gc_interval = desc->gc_interval;
	trans->size = nft_set_kernel_size(set->backend, desc->size);
	return 0;
}

static int handle_newset(struct nft_call *call)
{
	const struct nlattr *attr;
	struct nft_set_desc desc;
	struct nft_table *table;
	struct nft_set *set;
	int error;

	error = nft_set_desc_parse(call, &desc);
	if (error)
		return error;
	attr = call->attrs[NFTA_SET_TABLE];
	table = nft_table_find(call->nft, attr, call->family, call->portid, &error);
	if (!table)
		return nft_bad(call, attr, error);
	call->table = table;
	set = nft_set_find(table, call->attrs[NFTA_SET_NAME], &error);
	if (set)
		return update_set(call, set, &desc);
	return call->flags & NLM_F_CREATE ? add_set(call, table, &desc) : -ENOENT;
}

/* ---- DELSET ---- */

static int delete_set(struct nft_call *call, struct nft_set *set)
{
	struct trans_set *trans = nft_trans_add(call, &delset, set->table);

	if (!trans)
		return -ENOMEM;
	trans->set = set;
	set->dead = true;
	nft_set_release_data(set);
	nft_set_unhash(set);
	set->table->use--;
	return 0;
}

static int handle_delset(struct nft_call *call)
{
	const struct nlattr *attr = call->attrs[NFTA_SET_TABLE];
	const struct nlattr *handle = call->attrs[NFTA_SET_HANDLE];
	struct nft_table *table;
	struct nft_set *set;
	int error;

	if (call->family == NFPROTO_UNSPEC)
		return -EAFNOSUPPORT;
	table = nft_table_find(call->nft, attr, call->family, call->portid, &error);
	if (!table)
		return nft_bad(call, attr, error);
	call->table = table;
	attr = handle ? handle : call->attrs[NFTA_SET_NAME];
	set = handle ? find_handle(table, handle, &error) : nft_set_find(table, attr, &error);
	if (!set && error == -ENOENT && call->message == NICEMU_MSG_DESTROYSET)
		return 0;
	if (!set)
		return nft_bad(call, attr, error);
	if (set->use || (call->flags & NLM_F_NONREC && set->nelems))
		return nft_bad(call, attr, -EBUSY);
	return delete_set(call, set);
}

int nft_sets_delete(struct nft_call *call, struct nft_table *table)
{
	struct nft_set *set;
	int error = 0;

	DL_FOREACH (table->sets, set) {
		if (!set->dead && !nft_set_is_anonymous(set))
			error = delete_set(call, set);
		if (error)
			break;
	}
	return error;
}

int nft_sets_delete_unbound(struct nft_call *call)
{
	struct nft_trans *trans;
	int error = 0;

	DL_FOREACH (call->nft->transactions, trans) {
		struct nft_set *set;

		if (trans->type != &newset || trans->table->dead)
			continue;
		set = ((struct trans_set *)trans)->set;
		if (nft_set_is_anonymous(set) && !set->bindings)
			error = delete_set(call, set);
		if (error)
			break;
	}
	return error;
}

void nft_sets_free(struct nft *nft, struct nft_table *table)
{
	struct nft_set *set, *next;

	DL_FOREACH_SAFE (table->sets, set, next) {
		nft_set_unlink(set);
		nft_set_destroy(set);
	}
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWSET, true, NICEMU_SET_MAX, nft_set_policy, handle_newset},
	{NFT_MSG_GETSET, false, NICEMU_SET_MAX, nft_set_policy, nft_set_get},
	{NFT_MSG_DELSET, true, NICEMU_SET_MAX, nft_set_policy, handle_delset},
	{NICEMU_MSG_DESTROYSET, true, NICEMU_SET_MAX, nft_set_policy, handle_delset},
};

const struct nft_message_group nft_set_messages = {types, sizeof(types) / sizeof(*types)};
