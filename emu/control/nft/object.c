/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stateful objects: NEWOBJ GETOBJ GETOBJ_RESET DELOBJ DESTROYOBJ. */
#include "object.h"

#include <errno.h>
#include <stdlib.h>

struct trans_object {
	struct nft_trans trans;
	struct nft_object *object;
	struct nft_object_state update;
};

static const struct nft_policy policy[NFTA_OBJ_MAX + 1] = {
	[NFTA_OBJ_TABLE] = {.kind = NFT_ATTR_STRING, .length = NFT_TABLE_MAXNAMELEN - 1},
	[NFTA_OBJ_NAME] = {.kind = NFT_ATTR_STRING, .length = NFT_OBJ_MAXNAMELEN - 1},
	[NFTA_OBJ_TYPE] = {.kind = NFT_ATTR_U32},
	[NFTA_OBJ_DATA] = {.kind = NFT_ATTR_NESTED},
	[NFTA_OBJ_HANDLE] = {.kind = NFT_ATTR_U64},
	[NFTA_OBJ_USERDATA] = {.kind = NFT_ATTR_BINARY, .length = NICEMU_USERDATA_MAX},
};

/* ---- store ---- */

struct key {
	uint32_t type;
	char name[NFT_OBJ_MAXNAMELEN];
};

static size_t make_key(struct key *key, const struct nlattr *name, uint32_t type)
{
	key->type = type;
	nft_attr_strcpy(key->name, sizeof(key->name), name);
	return sizeof(key->type) + strlen(key->name);
}

struct nft_object *nft_object_find(struct nft_table *table, const struct nlattr *name,
				   uint32_t type)
{
	struct nft_object *object;
	struct key key;
	size_t size = make_key(&key, name, type);

	HASH_FIND(by_key, table->object_names, &key, size, object);
	return object;
}

static struct nft_object *find_handle(struct nft_table *table, const struct nlattr *handle,
				      uint32_t type)
{
	struct nft_object *object;

	DL_FOREACH (table->objects, object) {
		if (!object->dead && object->handle == nft_attr_be64(handle) &&
		    object->type->type == type)
			break;
	}
	return object;
}

static void hash(struct nft_object *object)
{
	HASH_ADD_KEYPTR(by_key, object->table->object_names, object->key, object->key_size, object);
}

static void unhash(struct nft_object *object)
{
	if (object->by_key.tbl)
		HASH_DELETE(by_key, object->table->object_names, object);
	object->by_key.tbl = NULL;
}

static void destroy(struct nft_object *object)
{
	if (!object)
		return;
	nft_object_state_clear(&object->state);
	free(object->userdata);
	free(object);
}

int nft_object_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		      uint32_t type, struct nft_object **result)
{
	struct nft_object *object = name ? nft_object_find(table, name, type) : NULL;

	if (!object)
		return -ENOENT;
	object->use++;
	*result = object;
	return 0;
}

void nft_object_use(struct nft_object *object, int change)
{
	object->use += (uint32_t)change;
}

/* ---- messages ---- */

static void fill(const struct nft *nft, struct nft_writer *w, struct nft_object *object,
		 uint8_t event, bool reset)
{
	const struct kernel_behavior *kernel = nft->env.kernel;
	bool is_last = !kernel->dump_names_first;
	bool is_first = !is_last && !kernel->short_delete_events;
	size_t nest;

	nft_put_string(w, NFTA_OBJ_TABLE, object->table->name);
	nft_put_string(w, NFTA_OBJ_NAME, nft_object_name(object));
	if (is_first)
		nft_put_be64(w, NFTA_OBJ_HANDLE, object->handle);
	nft_put_be32(w, NFTA_OBJ_TYPE, object->type->type);
	if (!is_first && !is_last)
		nft_put_be64(w, NFTA_OBJ_HANDLE, object->handle);
	if (event != NFT_MSG_NEWOBJ && kernel->short_delete_events)
		return;
	nft_put_be32(w, NFTA_OBJ_USE, object->use);
	nest = nft_nest_begin(w, NFTA_OBJ_DATA);
	nft_object_state_fill(w, object->type, &object->state);
	nft_nest_end(w, nest);
	if (is_last)
		nft_put_be64(w, NFTA_OBJ_HANDLE, object->handle);
	if (object->userdata)
		nft_put(w, NFTA_OBJ_USERDATA, object->userdata, object->userdata_size);
	if (reset)
		nft_object_state_reset(object->type, &object->state);
}

static void notify(struct nft *nft, const struct nft_trans *trans, struct nft_object *object,
		   uint8_t event)
{
	struct nft_writer *w = nft_notify_begin(nft, trans, event, 0);

	if (!w)
		return;
	fill(nft, w, object, event, false);
	nft_notify_end(nft, trans);
}

/* ---- transactions ---- */

static void commit_new(struct nft *nft, struct nft_trans *trans)
{
	notify(nft, trans, ((struct trans_object *)trans)->object, NFT_MSG_NEWOBJ);
}

static void abort_new(struct nft *nft, struct nft_trans *trans)
{
	struct nft_object *object = ((struct trans_object *)trans)->object;

	trans->table->use--;
	unhash(object);
	DL_DELETE(trans->table->objects, object);
}

static void release_new(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (!committed)
		destroy(((struct trans_object *)trans)->object);
}

static const struct nft_trans_type newobj = {
	.name = "add object",
	.commit = commit_new,
	.abort = abort_new,
	.release = release_new,
	.size = sizeof(struct trans_object),
};

static void commit_update(struct nft *nft, struct nft_trans *trans)
{
	struct trans_object *t = (struct trans_object *)trans;

	nft_object_state_update(t->object->type, &t->object->state, &t->update);
	notify(nft, trans, t->object, NFT_MSG_NEWOBJ);
}

static void abort_update(struct nft *nft, struct nft_trans *trans)
{
}

static void release_update(struct nft *nft, struct nft_trans *trans, bool committed)
{
	nft_object_state_clear(&((struct trans_object *)trans)->update);
}

static const struct nft_trans_type updobj = {
	.name = "change object",
	.commit = commit_update,
	.abort = abort_update,
	.release = release_update,
	.size = sizeof(struct trans_object),
};

static void commit_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_object *object = ((struct trans_object *)trans)->object;

	DL_DELETE(trans->table->objects, object);
	notify(nft, trans, object, NFT_MSG_DELOBJ);
}

static void abort_del(struct nft *nft, struct nft_trans *trans)
{
	struct nft_object *object = ((struct trans_object *)trans)->object;

	trans->table->use++;
	object->dead = false;
	hash(object);
}

static void release_del(struct nft *nft, struct nft_trans *trans, bool committed)
{
	if (committed)
		destroy(((struct trans_object *)trans)->object);
}

static const struct nft_trans_type delobj = {
	.name = "delete object",
	.commit = commit_del,
	.abort = abort_del,
	.release = release_del,
	.size = sizeof(struct trans_object),
};

/* ---- NEWOBJ ---- */

static int make_object(struct nft_call *call, struct nft_table *table,
		       const struct nft_object_type *type, struct nft_object **result)
{
	const struct nlattr *userdata = call->attrs[NFTA_OBJ_USERDATA];
	struct nft_object *object;
	struct key key;
	size_t size = make_key(&key, call->attrs[NFTA_OBJ_NAME], type->type);
	int error;

	object = calloc(1, sizeof(*object) + size + 1);
	if (!object)
		return -ENOMEM;
	object->table = table;
	object->type = type;
	object->key_size = size;
	memcpy(object->key, &key, size);
	error = nft_object_state_parse(table, type, call->attrs[NFTA_OBJ_DATA], &object->state);
	if (!error && userdata) {
		object->userdata = nft_attr_memdup(userdata);
		object->userdata_size = (uint16_t)nft_attr_size(userdata);
		error = object->userdata ? 0 : -ENOMEM;
	}
	if (error)
		destroy(object);
	else
		*result = object;
	return error;
}

static int add_object(struct nft_call *call, struct nft_table *table, uint32_t number)
{
	const struct nft_object_type *type = nft_object_type_find(number, call->family);
	struct trans_object *trans;
	struct nft_object *object;
	int error;

	if (!type)
		return -ENOENT;
	error = make_object(call, table, type, &object);
	if (error)
		return error;
	trans = nft_trans_add(call, &newobj, table);
	if (!trans) {
		destroy(object);
		return -ENOMEM;
	}
	object->handle = nft_handle_alloc(table);
	trans->object = object;
	table->use++;
	DL_APPEND(table->objects, object);
	hash(object);
	return 0;
}

static int update_object(struct nft_call *call, struct nft_object *object)
{
	struct nft_object_state state;
	struct trans_object *trans;
	int error;

	if (call->flags & NLM_F_EXCL)
		return nft_bad(call, call->attrs[NFTA_OBJ_NAME], -EEXIST);
	if (call->flags & NLM_F_REPLACE)
		return -EOPNOTSUPP;
	if (!object->type->can_update)
		return 0;
	error = nft_object_state_parse(object->table, object->type, call->attrs[NFTA_OBJ_DATA],
				       &state);
	if (error)
		return error;
	trans = nft_trans_add(call, &updobj, object->table);
	if (!trans) {
		nft_object_state_clear(&state);
		return -ENOMEM;
	}
	trans->object = object;
	trans->update = state;
	return 0;
}

static struct nft_table *find_table(struct nft_call *call, uint32_t portid, int *error)
{
	const struct nlattr *name = call->attrs[NFTA_OBJ_TABLE];
	struct nft_table *table;

	table = nft_table_find(call->nft, name, call->family, portid, error);
	if (!table)
		nft_bad(call, name, *error);
	call->table = table;
	return table;
}

static int handle_newobj(struct nft_call *call)
{
	struct nft_object *object;
	struct nft_table *table;
	uint32_t type;
	int error;

	if (!call->attrs[NFTA_OBJ_TYPE] || !call->attrs[NFTA_OBJ_NAME] ||
	    !call->attrs[NFTA_OBJ_DATA])
		return -EINVAL;
	table = find_table(call, call->portid, &error);
	if (!table)
		return error;
	type = nft_attr_be32(call->attrs[NFTA_OBJ_TYPE]);
	object = nft_object_find(table, call->attrs[NFTA_OBJ_NAME], type);
	return object ? update_object(call, object) : add_object(call, table, type);
}

/* ---- DELOBJ ---- */

static int delete_object(struct nft_call *call, struct nft_object *object)
{
	struct trans_object *trans = nft_trans_add(call, &delobj, object->table);

	if (!trans)
		return -ENOMEM;
	trans->object = object;
	object->dead = true;
	unhash(object);
	object->table->use--;
	return 0;
}

static int handle_delobj(struct nft_call *call)
{
	const struct nlattr *handle = call->attrs[NFTA_OBJ_HANDLE];
	const struct nlattr *attr = handle ? handle : call->attrs[NFTA_OBJ_NAME];
	struct nft_object *object;
	struct nft_table *table;
	uint32_t type;
	int error;

	if (!call->attrs[NFTA_OBJ_TYPE] || !attr)
		return -EINVAL;
	table = find_table(call, call->portid, &error);
	if (!table)
		return error;
	type = nft_attr_be32(call->attrs[NFTA_OBJ_TYPE]);
	object = handle ? find_handle(table, handle, type) : nft_object_find(table, attr, type);
	if (!object && call->message == NICEMU_MSG_DESTROYOBJ)
		return 0;
	if (!object)
		return nft_bad(call, attr, -ENOENT);
	if (object->use)
		return nft_bad(call, attr, -EBUSY);
	return delete_object(call, object);
}

int nft_objects_delete(struct nft_call *call, struct nft_table *table)
{
	struct nft_object *object;
	int error = 0;

	DL_FOREACH (table->objects, object) {
		if (!object->dead)
			error = delete_object(call, object);
		if (error)
			break;
	}
	return error;
}

void nft_objects_free(struct nft *nft, struct nft_table *table)
{
	struct nft_object *object, *next;

	DL_FOREACH_SAFE (table->objects, object, next) {
		unhash(object);
		DL_DELETE(table->objects, object);
		destroy(object);
	}
}

/* ---- GETOBJ ---- */

static int dump_objects(struct nft_call *call, bool reset)
{
	const struct nlattr *name = call->attrs[NFTA_OBJ_TABLE], *type = call->attrs[NFTA_OBJ_TYPE];
	const struct nft_table *table;
	struct nft_object *object;
	struct nft_dump dump;

	nft_dump_begin(&dump, call);
	DL_FOREACH (call->nft->tables, table) {
		if ((call->family && call->family != table->family) ||
		    (name && !nft_attr_equals(name, table->name)))
			continue;
		DL_FOREACH (table->objects, object) {
			if (type && nft_attr_be32(type) &&
			    nft_attr_be32(type) != object->type->type)
				continue;
			fill(call->nft,
			     nft_dump_message(&dump, NFT_MSG_NEWOBJ, NLM_F_APPEND, table->family),
			     object, NFT_MSG_NEWOBJ, reset);
			nft_dump_add(&dump);
		}
	}
	return nft_dump_end(&dump);
}

static int handle_getobj(struct nft_call *call)
{
	bool reset = call->message == NFT_MSG_GETOBJ_RESET;
	const struct nlattr *name = call->attrs[NFTA_OBJ_NAME];
	struct nft_object *object;
	struct nft_table *table;
	int error;

	if (call->flags & NLM_F_DUMP)
		return dump_objects(call, reset);
	if (!name || !call->attrs[NFTA_OBJ_TYPE])
		return -EINVAL;
	table = find_table(call, 0, &error);
	if (!table)
		return error;
	object = nft_object_find(table, name, nft_attr_be32(call->attrs[NFTA_OBJ_TYPE]));
	if (!object)
		return nft_bad(call, name, -ENOENT);
	fill(call->nft, nft_reply_begin(call, NFT_MSG_NEWOBJ, 0, call->family), object,
	     NFT_MSG_NEWOBJ, reset);
	return nft_reply_send(call);
}

static const struct nft_message_type types[] = {
	{NFT_MSG_NEWOBJ, true, NFTA_OBJ_MAX, policy, handle_newobj},
	{NFT_MSG_GETOBJ, false, NFTA_OBJ_MAX, policy, handle_getobj},
	{NFT_MSG_GETOBJ_RESET, false, NFTA_OBJ_MAX, policy, handle_getobj},
	{NFT_MSG_DELOBJ, true, NFTA_OBJ_MAX, policy, handle_delobj},
	{NICEMU_MSG_DESTROYOBJ, true, NFTA_OBJ_MAX, policy, handle_delobj},
};

const struct nft_message_group nft_object_messages = {types, sizeof(types) / sizeof(*types)};
