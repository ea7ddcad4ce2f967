/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How verdicts, chains and policies decide at ingress. */
#include "ingress_world.h"

#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

TestSuite(host_verdicts, .init = open_world, .fini = close_world);

Test(host_verdicts, without_chains_a_packet_is_accepted)
{
	load();
	cr_expect_eq(play_udp(), HOST_ACCEPT);
	cr_expect_null(result.rule.table);
	cr_expect_not(result.by_policy);
}

Test(host_verdicts, accept_ends_its_chain_and_later_chains_still_run)
{
	base("b", 10, NF_ACCEPT);
	base("a", -10, NF_ACCEPT);
	always("a", NF_ACCEPT);
	always("a", NF_DROP);
	always("b", NF_DROP);
	load();
	cr_expect_eq(play_udp(), HOST_DROP);
	cr_expect_str_eq(walked, "ab");
	cr_expect_str_eq(result.rule.chain, "b");
}

Test(host_verdicts, of_chains_with_equal_priority_the_youngest_is_first)
{
	base("a", 0, NF_ACCEPT);
	base("b", 0, NF_ACCEPT);
	base("c", -1, NF_ACCEPT);
	always("a", NF_ACCEPT);
	always("b", NF_ACCEPT);
	always("c", NF_ACCEPT);
	load();
	play_udp();
	cr_expect_str_eq(walked, "cba");
}

Test(host_verdicts, a_policy_decides_where_no_rule_does)
{
	base("a", 0, NF_DROP);
	base("b", 10, NF_ACCEPT);
	always("a", NFT_RETURN);
	load();
	cr_expect_eq(play_udp(), HOST_DROP);
	cr_expect(result.by_policy);
	cr_expect_str_eq(result.rule.chain, "a");
	cr_expect_eq(result.rule.handle, 0);
}

Test(host_verdicts, jump_comes_back_and_goto_does_not)
{
	base("a", 0, NF_ACCEPT);
	regular("x");
	regular("y");
	jump("a", NFT_JUMP, "x");
	always("a", NFT_CONTINUE);
	jump("a", NFT_GOTO, "y");
	always("a", NF_DROP);
	always("x", NFT_RETURN);
	always("x", NF_DROP);
	always("y", NFT_CONTINUE);
	load();
	cr_expect_eq(play_udp(), HOST_ACCEPT);
	cr_expect_str_eq(walked, "axaay");
	cr_expect(result.by_policy);
}

static void put_device(const char *statement, uint16_t attribute, uint32_t ifindex)
{
	put_immediate(NFT_REG_1, &ifindex, sizeof(ifindex));
	expr_start(statement);
	put_u32(attribute, NFT_REG_1);
	expr_end();
}

Test(host_verdicts, forwarded_packets_have_gone_and_no_later_chain_sees_them)
{
	base("a", 0, NF_ACCEPT);
	base("b", 10, NF_DROP);
	begin_rule("a");
	put_device("dup", NFTA_DUP_SREG_DEV, NIC_FIRST_IFINDEX + 2);
	put_device("dup", NFTA_DUP_SREG_DEV, 4000);
	put_device("fwd", NFTA_FWD_SREG_DEV, NIC_FIRST_IFINDEX + 1);
	rule_end(w);
	load();
	cr_expect_eq(play_udp(), HOST_FORWARD);
	cr_expect_eq(result.ifindex, NIC_FIRST_IFINDEX + 1);
	cr_expect_eq(result.num_copies, 1, "no copy goes to a device that is not there");
	cr_expect_eq(result.copies[0], NIC_FIRST_IFINDEX + 2);
	cr_expect_str_eq(walked, "a");
}

Test(host_verdicts, what_is_forwarded_to_a_device_that_is_not_there_is_lost)
{
	base("a", 0, NF_ACCEPT);
	begin_rule("a");
	put_device("fwd", NFTA_FWD_SREG_DEV, 4000);
	rule_end(w);
	load();
	cr_expect_eq(play_udp(), HOST_DROP);
	cr_expect_eq(result.rule.handle, 2);
}

Test(host_verdicts, an_expression_that_is_not_interpreted_is_named)
{
	base("a", 0, NF_ACCEPT);
	always("a", NFT_CONTINUE);
	begin_rule("a");
	expr_start("numgen");
	put_u32(NFTA_NG_DREG, NFT_REG_1);
	put_u32(NFTA_NG_MODULUS, 2);
	put_u32(NFTA_NG_TYPE, NFT_NG_RANDOM);
	expr_end();
	put_verdict(NF_DROP);
	rule_end(w);
	load();
	cr_expect_eq(play_udp(), HOST_NOT_INTERPRETED);
	cr_expect_str_eq(result.not_interpreted, "numgen");
	cr_expect_eq(result.rule.handle, 3);
	cr_expect_eq(last.expression, 0);
	cr_expect_str_eq(host_verdict_name(result.verdict), "not interpreted");
}

Test(host_verdicts, a_mark_that_a_rule_sets_is_seen_by_later_chains)
{
	uint32_t mark = 7;

	base("a", 0, NF_ACCEPT);
	base("b", 10, NF_ACCEPT);
	begin_rule("a");
	put_immediate(NFT_REG_1, &mark, sizeof(mark));
	expr_start("meta");
	put_u32(NFTA_META_SREG, NFT_REG_1);
	put_u32(NFTA_META_KEY, NFT_META_MARK);
	expr_end();
	rule_end(w);
	begin_rule("b");
	put_meta(NFT_META_MARK);
	put_cmp(&mark, sizeof(mark));
	put_verdict(NF_DROP);
	rule_end(w);
	load();
	cr_expect_eq(play_udp(), HOST_DROP);
}

Test(host_verdicts, a_chain_of_inet_gets_ip_packets_only_and_loses_wrong_ones)
{
	struct frame_bytes f;

	table_of(NFPROTO_INET, 0);
	chain_of(NFPROTO_INET, "i", 5, 0, NF_ACCEPT);
	rule_start_in(w, NFPROTO_INET, "i");
	put_meta(NFT_META_NFPROTO);
	put_cmp(&(uint8_t){NFPROTO_IPV4}, 1);
	rule_end(w);
	load();
	play_udp();
	cr_expect_str_eq(walked, "i");
	put_ethernet(&f, 0x0806);
	put_zeros(&f, 28);
	cr_expect_eq(play_frame(&f), HOST_ACCEPT);
	cr_expect_str_empty(walked);
	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 100);
	cr_expect_eq(play_frame(&f), HOST_DROP);
	cr_expect_str_eq(result.rule.chain, "i");
	cr_expect_eq(result.rule.handle, 0);
}

Test(host_verdicts, chains_of_a_dormant_table_do_not_run)
{
	base("a", 0, NF_DROP);
	load();
	cr_expect_eq(play_udp(), HOST_DROP);
	batch_begin(w);
	table_of(NFPROTO_NETDEV, NFT_TABLE_F_DORMANT);
	load();
	cr_expect_eq(play_udp(), HOST_ACCEPT);
}

Test(host_verdicts, a_table_that_wakes_up_hooks_its_chains_in_before_equal_ones)
{
	base("a", 0, NF_ACCEPT);
	always("a", NF_ACCEPT);
	table_of(NFPROTO_INET, 0);
	chain_of(NFPROTO_INET, "i", 5, 0, NF_ACCEPT);
	rule_start_in(w, NFPROTO_INET, "i");
	put_verdict(NF_ACCEPT);
	rule_end(w);
	load();
	play_udp();
	cr_expect_str_eq(walked, "ia");
	batch_begin(w);
	table_of(NFPROTO_NETDEV, NFT_TABLE_F_DORMANT);
	load();
	play_udp();
	cr_expect_str_eq(walked, "i");
	batch_begin(w);
	table_of(NFPROTO_NETDEV, 0);
	load();
	play_udp();
	cr_expect_str_eq(walked, "ai");
}

Test(host_verdicts, another_port_has_other_chains)
{
	struct frame_bytes f;
	struct packet packet;

	base("a", 0, NF_DROP);
	load();
	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 0);
	packet = packet_of(&f);
	host_ingress(w->nft, &w->nic, &packet, 1, &result, NULL, NULL);
	cr_expect_eq(result.verdict, HOST_ACCEPT);
	host_ingress(w->nft, &w->nic, &packet, 0, &result, NULL, NULL);
	cr_expect_eq(result.verdict, HOST_DROP);
	host_ingress(w->nft, &w->nic, &packet, 4000, &result, NULL, NULL);
	cr_expect_eq(result.verdict, HOST_NOT_INTERPRETED);
}
