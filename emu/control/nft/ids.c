/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers that a batch gives to its new chains, rules and sets. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

struct nft_id {
	struct nft_id_key key;
	void *object;
	UT_hash_handle hh, by_object;
};

static void forget(struct nft *nft, struct nft_id *entry)
{
	if (entry->by_object.tbl)
		HASH_DELETE(by_object, nft->ids_by_object, entry);
	if (entry->hh.tbl)
		HASH_DEL(nft->ids, entry);
	free(entry);
}

int nft_id_add(struct nft *nft, enum nft_id_kind kind, const void *owner, uint32_t id, void *object,
	       bool replace)
{
	struct nft_id_key key = {.kind = kind, .id = id, .owner = owner};
	struct nft_id *entry;

	HASH_FIND(hh, nft->ids, &key, sizeof(key), entry);
	if (entry && replace)
		forget(nft, entry);
	else if (entry)
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = key;
	entry->object = object;
	HASH_ADD(hh, nft->ids, key, sizeof(entry->key), entry);
	if (entry->hh.tbl)
		HASH_ADD(by_object, nft->ids_by_object, object, sizeof(entry->object), entry);
	if (entry->by_object.tbl)
		return 0;
	forget(nft, entry);
	return -ENOMEM;
}

void *nft_id_find(const struct nft *nft, enum nft_id_kind kind, const void *owner, uint32_t id)
{
	struct nft_id_key key = {.kind = kind, .id = id, .owner = owner};
	struct nft_id *entry;

	HASH_FIND(hh, nft->ids, &key, sizeof(key), entry);
	return entry ? entry->object : NULL;
}

void nft_id_forget(struct nft *nft, const void *object)
{
	struct nft_id *entry;

	for (;;) {
		HASH_FIND(by_object, nft->ids_by_object, &object, sizeof(object), entry);
		if (!entry)
			break;
		forget(nft, entry);
	}
}

void nft_ids_clear(struct nft *nft)
{
	struct nft_id *entry, *next;

	HASH_CLEAR(by_object, nft->ids_by_object);
	HASH_ITER (hh, nft->ids, entry, next) {
		HASH_DEL(nft->ids, entry);
		free(entry);
	}
}
