/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets and maps as packets meet them. */
#include "ingress_world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

enum { SOURCE = 0x0a000001, OTHER = 0x0a000063 };

static struct nlmsghdr *message(uint8_t type)
{
	return batch_message(w, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NFPROTO_NETDEV,
			     NLM_F_CREATE);
}

static void put_be32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(nlh, type, htonl(value));
}

/* Set "s" of IPv4 addresses; with NFT_SET_MAP a map to verdicts. */
static void add_set(uint32_t flags)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWSET);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, "s");
	put_be32(nlh, NFTA_SET_FLAGS, flags);
	put_be32(nlh, NFTA_SET_KEY_LEN, 4);
	put_be32(nlh, NFTA_SET_ID, 1);
	if (flags & NFT_SET_MAP)
		put_be32(nlh, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
	batch_add(w, nlh);
}

/* verdict: of a map's element, else 0. */
static void add_element(uint32_t key, uint32_t flags, uint32_t verdict)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWSETELEM);
	struct nlattr *list, *element, *nest, *inner;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "t");
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, "s");
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	if (flags)
		put_be32(nlh, NFTA_SET_ELEM_FLAGS, flags);
	if (!(flags & NFT_SET_ELEM_CATCHALL)) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
		put_be32(nlh, NFTA_DATA_VALUE, key);
		mnl_attr_nest_end(nlh, nest);
	}
	if (verdict) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
		inner = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
		put_be32(nlh, NFTA_VERDICT_CODE, verdict);
		mnl_attr_nest_end(nlh, inner);
		mnl_attr_nest_end(nlh, nest);
	}
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, list);
	batch_add(w, nlh);
}

/* `ip saddr @s`, inverted or as a verdict map; where it is no map, `drop` follows. */
static void add_lookup(uint32_t flags, bool is_map)
{
	rule_start(w, NFPROTO_NETDEV);
	put_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	expr_start("lookup");
	put_text(NFTA_LOOKUP_SET, "s");
	put_u32(NFTA_LOOKUP_SREG, NFT_REG_1);
	if (is_map)
		put_u32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	put_u32(NFTA_LOOKUP_FLAGS, flags);
	expr_end();
	if (!is_map)
		put_verdict(NF_DROP);
	rule_end(w);
}

static void open_with_chain(void)
{
	open_world();
	base("c", 0, NF_ACCEPT);
}

TestSuite(host_lookup, .init = open_with_chain, .fini = close_world);

static enum host_verdict load_and_play(void)
{
	load();
	return play_udp();
}

Test(host_lookup, an_element_of_the_set_matches)
{
	add_set(0);
	add_element(SOURCE, 0, 0);
	add_lookup(0, false);
	cr_expect_eq(load_and_play(), HOST_DROP);
}

Test(host_lookup, what_is_not_in_the_set_is_told)
{
	add_set(0);
	add_element(OTHER, 0, 0);
	add_lookup(0, false);
	cr_expect_eq(load_and_play(), HOST_ACCEPT);
	cr_expect_str_eq(last.name, "lookup");
	cr_expect_str_eq(last.text, "network header + 12: 10.0.0.1 is not in set s");
}

Test(host_lookup, an_inverted_look_up_matches_what_is_not_in_the_set)
{
	add_set(0);
	add_element(OTHER, 0, 0);
	add_lookup(NFT_LOOKUP_F_INV, false);
	cr_expect_eq(load_and_play(), HOST_DROP);
}

Test(host_lookup, an_interval_ends_before_its_end)
{
	add_set(NFT_SET_INTERVAL);
	add_element(SOURCE - 1, 0, 0);
	add_element(SOURCE, NFT_SET_ELEM_INTERVAL_END, 0);
	add_lookup(0, false);
	cr_expect_eq(load_and_play(), HOST_ACCEPT);
}

Test(host_lookup, an_interval_has_what_is_between_its_ends)
{
	add_set(NFT_SET_INTERVAL);
	add_element(SOURCE - 1, 0, 0);
	add_element(SOURCE + 1, NFT_SET_ELEM_INTERVAL_END, 0);
	add_lookup(0, false);
	cr_expect_eq(load_and_play(), HOST_DROP);
}

Test(host_lookup, the_catch_all_element_answers_for_all_others)
{
	add_set(NFT_SET_MAP);
	add_element(OTHER, 0, (uint32_t)NFT_CONTINUE);
	add_element(0, NFT_SET_ELEM_CATCHALL, (uint32_t)NFT_RETURN);
	add_lookup(0, true);
	cr_expect_eq(load_and_play(), HOST_ACCEPT);
	cr_expect(last.matched);
}

Test(host_lookup, elements_of_a_set_that_rules_fill_are_not_known)
{
	add_set(NFT_SET_EVAL);
	add_lookup(0, false);
	cr_expect_eq(load_and_play(), HOST_NOT_INTERPRETED);
	cr_expect_str_eq(result.not_interpreted, "lookup");
}
