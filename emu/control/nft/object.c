/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stateful objects are not there yet. */
#include "internal.h"

#include <errno.h>

const struct nft_message_group nft_object_messages = {0};

int nft_object_attach(struct nft_call *call, struct nft_table *table, const struct nlattr *name,
		      uint32_t type, struct nft_object **object)
{
	return -ENOENT;
}

void nft_object_use(struct nft_object *object, int change)
{
}

int nft_objects_delete(struct nft_call *call, struct nft_table *table)
{
	return 0;
}

void nft_objects_free(struct nft *nft, struct nft_table *table)
{
}
