/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "world.h"

#include "generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

static bool named(const struct nlattr *attr, const char *name)
{
	return attr &&
	       strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr)) ==
		       strlen(name) &&
	       memcmp(mnl_attr_get_payload(attr), name, strlen(name)) == 0;
}

static int lookup_set(void *context, const struct nlattr *name, const struct nlattr *id,
		      struct nft_expr_set *set)
{
	set->key_length = 4;
	if (named(name, GENERATOR_SET))
		return 0;
	set->flags = NFT_SET_MAP;
	set->data_length = 4;
	if (named(name, GENERATOR_MAP))
		return 0;
	set->data_length = 16;
	set->data_type = NFT_DATA_VERDICT;
	return named(name, GENERATOR_VMAP) ? 0 : -ENOENT;
}

static int lookup_object(void *context, const struct nlattr *name, uint32_t type, void **reference)
{
	return named(name, GENERATOR_COUNTER) && type == NFT_OBJECT_COUNTER ? 0 : -ENOENT;
}

static int lookup_chain(void *context, const struct nlattr *chain, const char **chain_name,
			void **reference)
{
	return mnl_attr_get_type(chain) == NFTA_VERDICT_CHAIN && named(chain, GENERATOR_CHAIN)
		       ? 0
		       : -ENOENT;
}

void world_context(struct nft_expr_context *context, const struct kernel_behavior *kernel)
{
	*context = (struct nft_expr_context){
		.kernel = kernel,
		.family = NFPROTO_NETDEV,
		.lookup_set = lookup_set,
		.lookup_object = lookup_object,
		.lookup_chain = lookup_chain,
	};
}

bool world_ifindex_exists(void *context, uint32_t ifindex)
{
	return ifindex == 1;
}
