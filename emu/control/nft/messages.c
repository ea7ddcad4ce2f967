/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of message types, collected from the files that handle them. */
#include "internal.h"

static const struct nft_message_group *const groups[] = {
	&nft_table_messages,      &nft_chain_messages,     &nft_rule_messages,
	&nft_generation_messages, &nft_flowtable_messages, &nft_set_messages,
	&nft_setelem_messages,    &nft_object_messages,
};

const struct nft_message_type *nft_message_find(uint8_t message)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		for (size_t j = 0; j < groups[i]->num_types; j++) {
			if (groups[i]->types[j].message == message)
				return &groups[i]->types[j];
		}
	}
	return NULL;
}
