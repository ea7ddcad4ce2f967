/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows about what is checked when: which of two mistakes in one rule a kernel tells. The first is
 * found when its expression is made, the second is found before that, or not at all.
 */
#include "kernel_probes.h"
#include "rule_maker.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define NH NFT_PAYLOAD_NETWORK_HEADER

/* EINVAL, when the expression is made. */
static void start_with_mistake(struct world *w)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	expr_start("exthdr");
	expr_end();
}

static const char *end_plain(struct world *w)
{
	rule_end(w);
	return see_errors(w);
}

const char *probe_register_policies(struct world *w)
{
	start_with_mistake(w);
	expr_start("meta");
	put_u32(NFTA_META_KEY, NFT_META_MARK);
	put_u32(NFTA_META_DREG, 99);
	expr_end();
	return end_plain(w);
}

const char *probe_ranges_by_policy(struct world *w)
{
	start_with_mistake(w);
	expr_start("meta");
	put_u32(NFTA_META_KEY, 256);
	put_u32(NFTA_META_DREG, NFT_REG_1);
	expr_end();
	return end_plain(w);
}

const char *probe_expression_list_policy(struct world *w)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	expr_start("nosuchtype");
	expr_end();
	expr_start("a-name-that-is-too-long-for-any-module-to-have");
	expr_end();
	return end_plain(w);
}

const char *probe_payload_far_offsets(struct world *w)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	put_payload(NH, 256, 4);
	return end_plain(w);
}

static const char *write_payload(struct world *w, uint32_t base, uint32_t checksum_type,
				 uint32_t checksum_offset)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	put_immediate(NFT_REG_1, "1234", 4);
	expr_start("payload");
	put_u32(NFTA_PAYLOAD_SREG, NFT_REG_1);
	put_u32(NFTA_PAYLOAD_BASE, base);
	put_u32(NFTA_PAYLOAD_OFFSET, 12);
	put_u32(NFTA_PAYLOAD_LEN, 4);
	put_u32(NFTA_PAYLOAD_CSUM_TYPE, checksum_type);
	put_u32(NFTA_PAYLOAD_CSUM_OFFSET, checksum_offset);
	expr_end();
	return end_plain(w);
}

const char *probe_payload_write_checked(struct world *w)
{
	return write_payload(w, NH, NFT_PAYLOAD_CSUM_NONE, 10);
}

const char *probe_transport_checksum_place(struct world *w)
{
	return write_payload(w, NFT_PAYLOAD_TRANSPORT_HEADER, NFT_PAYLOAD_CSUM_INET, 8);
}

/* A map from addresses to marks. */
static void put_map(struct world *w)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET,
					     NFPROTO_NETDEV, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, "m");
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(1));
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(NFT_SET_MAP));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(7));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(4));
	mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(19));
	mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(4));
	batch_add(w, nlh);
}

/* One of the set's elements: an address and a range of bytes. */
static void put_concatenated(struct world *w, const char *start, const char *end)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM,
					     NFPROTO_NETDEV, NLM_F_CREATE);
	struct nlattr *list, *elem, *key;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, "s");
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, 8, start);
	mnl_attr_nest_end(nlh, key);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY_END);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, 8, end);
	mnl_attr_nest_end(nlh, key);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

/* A set of concatenated intervals. */
static void put_concatenation(struct world *w)
{
	struct nlmsghdr *nlh = batch_message(w, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET,
					     NFPROTO_NETDEV, NLM_F_CREATE);
	static const uint8_t field_lengths[] = {4, 1};
	struct nlattr *desc, *concat, *field;

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, "s");
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(1));
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(NFT_SET_INTERVAL | NFT_SET_CONCAT));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(8));
	desc = mnl_attr_nest_start(nlh, NFTA_SET_DESC);
	concat = mnl_attr_nest_start(nlh, NFTA_SET_DESC_CONCAT);
	for (size_t i = 0; i < sizeof(field_lengths); i++) {
		field = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
		mnl_attr_put_u32(nlh, NFTA_SET_FIELD_LEN, htonl(field_lengths[i]));
		mnl_attr_nest_end(nlh, field);
	}
	mnl_attr_nest_end(nlh, concat);
	mnl_attr_nest_end(nlh, desc);
	batch_add(w, nlh);
}

const char *probe_concat_overlaps_refused(struct world *w)
{
	batch_begin(w);
	add_table(w, "t");
	put_concatenation(w);
	put_concatenated(w, "\x0a\0\0\1\x14\0\0\0", "\x0a\0\0\1\x1e\0\0\0");
	put_concatenated(w, "\x0a\0\0\1\x19\0\0\0", "\x0a\0\0\1\x19\0\0\0");
	return see_errors(w);
}

const char *probe_lookup_map_keys(struct world *w)
{
	start_chain(w, PLAIN);
	put_map(w);
	rule_start(w, NFPROTO_NETDEV);
	put_payload(NH, 12, 4);
	expr_start("lookup");
	put_text(NFTA_LOOKUP_SET, "m");
	put_u32(NFTA_LOOKUP_SREG, NFT_REG_1);
	expr_end();
	return end_plain(w);
}

/* The error and, where told, the attribute that is too long. */
const char *probe_batch_policy_extack(struct world *w)
{
	batch_begin(w);
	add_table(w, "t");
	rule_start(w, NFPROTO_NETDEV);
	put_text(NFTA_RULE_CHAIN, "");
	rule_end(w);
	return see_errors(w);
}

const char *probe_expression_lists(struct world *w)
{
	enum { F_EXPRESSIONS = 2 };

	start_chain(w, PLAIN);
	put_map(w);
	rule_start(w, NFPROTO_NETDEV);
	put_payload(NH, 12, 4);
	expr_start("dynset");
	put_text(NFTA_DYNSET_SET_NAME, "nosuchset");
	put_u32(NFTA_DYNSET_OP, NFT_DYNSET_OP_ADD);
	put_u32(NFTA_DYNSET_SREG_KEY, NFT_REG_1);
	put_u32(NFTA_DYNSET_FLAGS, F_EXPRESSIONS);
	expr_end();
	return end_plain(w);
}

const char *probe_limit_checked(struct world *w)
{
	start_chain(w, PLAIN);
	rule_start(w, NFPROTO_NETDEV);
	expr_start("limit");
	put_u64(NFTA_LIMIT_RATE, 0);
	put_u64(NFTA_LIMIT_UNIT, 1);
	expr_end();
	return end_plain(w);
}
