/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the printer of expressions asks of this endpoint: names of ports, elements of sets. */
#include "set.h"

#include <nicemu/config/nic.h>

static const char *interface_name(void *context, uint32_t ifindex)
{
	const struct nft *nft = context;
	int port = nic_port_by_ifindex(nft->env.nic, ifindex);

	if (ifindex == 1)
		return "lo";
	return port < 0 ? NULL : nft->env.nic->ports[port].name;
}

/* key - 1, in network order; false for 0. */
static bool before(uint8_t *key, size_t length)
{
	for (size_t i = length; i-- > 0;)
		if (key[i]-- != 0)
			return true;
	return false;
}

/* Interval ends in ascending order: a start lasts until before the next end. */
static void visit_intervals(const struct nft_set *set, describe_visit_element *visit, void *visitor)
{
	size_t length = set->desc.key_length;
	uint8_t last[NFT_DATA_VALUE_MAXLEN];

	for (size_t i = 0; i < set->num_ordered; i++) {
		const struct nft_setelem *start = set->ordered[i];

		if (nft_setelem_is_end(start) || start->dead)
			continue;
		memset(last, 0xff, sizeof(last));
		for (size_t next = i + 1; next < set->num_ordered; next++) {
			if (!nft_setelem_is_end(set->ordered[next]))
				continue;
			memcpy(last, set->ordered[next]->bytes, length);
			before(last, length);
			break;
		}
		visit(visitor, start->bytes, last, length);
	}
}

static bool visit_set(void *context, const void *reference, describe_visit_element *visit,
		      void *visitor)
{
	const struct nft_set *set = reference;
	const struct nft_setelem *elem;

	if (!set || set->catchall || set->desc.num_fields > 1 ||
	    set->desc.key_length > NICEMU_VERDICT_SIZE)
		return false;
	if (set->desc.flags & NFT_SET_INTERVAL) {
		visit_intervals(set, visit, visitor);
		return true;
	}
	DL_FOREACH (set->elems, elem) {
		if (!elem->dead)
			visit(visitor, elem->bytes, elem->bytes, set->desc.key_length);
	}
	return true;
}

struct describe_names nft_describe_names(const struct nft *nft)
{
	return (struct describe_names){
		.interface_name = interface_name,
		.visit_set = visit_set,
		.context = (void *)nft,
	};
}
