/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules see of packets at ingress. */
#include "ingress_world.h"

#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

TestSuite(host, .init = open_world, .fini = close_world);

/* Does a rule with one match, of these bytes there, match the frame? Only one such rule a test. */
static void match_bytes(uint32_t header, uint32_t offset, const void *bytes, size_t size)
{
	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_match(header, offset, bytes, size);
	rule_end(w);
	load();
}

static void match_meta(uint32_t key, const void *bytes, size_t size)
{
	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_meta(key);
	put_cmp(bytes, size);
	rule_end(w);
	load();
}

static void expect_match(const struct frame_bytes *f, bool matches)
{
	cr_expect_eq(play_frame(f), HOST_ACCEPT);
	cr_expect_eq(last.matched, matches, "%s: %s", last.name ? last.name : "", last.text);
}

static void ipv4_fragment(struct frame_bytes *f, uint16_t fragment)
{
	put_ethernet(f, IPV4);
	put_ipv4(f, UDP, fragment, 16);
	put_udp(f, 1000, 53, 0);
	put_zeros(f, 8);
}

Test(host, ports_of_a_later_fragment_are_its_first_bytes)
{
	struct frame_bytes f;

	match_bytes(NFT_PAYLOAD_TRANSPORT_HEADER, 2, "\0\x35", 2);
	ipv4_fragment(&f, 0);
	expect_match(&f, true);
	ipv4_fragment(&f, 100);
	expect_match(&f, true);
}

Test(host, kernels_from_7_1_load_no_ports_from_a_later_fragment)
{
	struct frame_bytes f;

	world_close(w);
	world_open(w, "7.2");
	batch_begin(w);
	add_table(w, "t");
	match_bytes(NFT_PAYLOAD_TRANSPORT_HEADER, 2, "\0\x35", 2);
	ipv4_fragment(&f, 0x2000);
	expect_match(&f, true);
	ipv4_fragment(&f, 100);
	expect_match(&f, false);
}

Test(host, kernels_from_7_1_find_ip_in_pppoe_once_a_chain_asks_for_the_protocol)
{
	struct frame_bytes f;

	world_close(w);
	world_open(w, "7.2");
	batch_begin(w);
	add_table(w, "t");
	base("b", 10, NF_ACCEPT);
	base("a", 0, NF_ACCEPT);
	begin_rule("a");
	put_meta(NFT_META_L4PROTO);
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 12, "\x0a\0\0\x01", 4);
	put_match(NFT_PAYLOAD_TRANSPORT_HEADER, 2, "\0\x35", 2);
	rule_end(w);
	begin_rule("b");
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 0, "\x11\0", 2);
	rule_end(w);
	load();
	put_ethernet(&f, 0x8864);
	put_bytes(&f, "\x11\0\0\1\0\x1e\0\x21", 8);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	play_frame(&f);
	cr_expect_str_eq(walked, "ab", "%s", last.text);
}

Test(host, an_unaligned_load_does_not_match_in_a_later_fragment)
{
	struct frame_bytes f;

	match_bytes(NFT_PAYLOAD_TRANSPORT_HEADER, 1, "\xe8\0", 2);
	ipv4_fragment(&f, 0x2000);
	expect_match(&f, true);
	ipv4_fragment(&f, 100);
	expect_match(&f, false);
	cr_expect_str_eq(last.name, "payload");
}

Test(host, ports_of_a_later_ipv6_fragment_are_the_ipv6_header)
{
	struct frame_bytes f;

	match_bytes(NFT_PAYLOAD_TRANSPORT_HEADER, 0, "\x60\0", 2);
	put_ethernet(&f, IPV6);
	put_ipv6(&f, 44, 16);
	put_bytes(&f, (uint8_t[]){UDP, 0, 0, 8, 0, 0, 0, 1}, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, true);
}

Test(host, nexthdr_is_the_first_header_and_l4proto_the_last)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 6, "\x3c", 1);
	put_meta(NFT_META_L4PROTO);
	put_cmp("\x11", 1);
	put_match(NFT_PAYLOAD_TRANSPORT_HEADER, 2, "\0\x35", 2);
	rule_end(w);
	load();
	put_ethernet(&f, IPV6);
	put_ipv6(&f, 60, 16);
	put_bytes(&f, (uint8_t[]){UDP, 0, 1, 4, 0, 0, 0, 0}, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, true);
}

Test(host, the_protocol_of_a_tagged_frame_is_the_inner_one)
{
	struct frame_bytes f;

	match_meta(NFT_META_PROTOCOL, "\x08\0", 2);
	put_ethernet(&f, VLAN);
	put_tag(&f, 10, IPV4);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, true);
}

Test(host, a_tag_is_there_again_for_loads_of_the_link_layer)
{
	struct frame_bytes f;

	match_bytes(NFT_PAYLOAD_LL_HEADER, 12, "\x81\0\x60\x0a\x08\0\x45\0", 8);
	put_ethernet(&f, VLAN);
	put_tag(&f, 0x600a, IPV4);
	put_ipv4(&f, UDP, 0, 0);
	expect_match(&f, true);
}

Test(host, the_protocol_behind_two_tags_is_the_second_tag)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_meta(NFT_META_PROTOCOL);
	put_cmp("\x81\0", 2);
	put_match(NFT_PAYLOAD_LL_HEADER, 18, "\0\x14", 2);
	put_meta(NFT_META_L4PROTO);
	put_cmp("\x11", 1);
	rule_end(w);
	load();
	put_ethernet(&f, VLAN);
	put_tag(&f, 10, VLAN);
	put_tag(&f, 20, IPV4);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, false);
	cr_expect_eq(last.expression, 4, "the L4 protocol is not known");
}

Test(host, a_length_in_place_of_the_type_is_protocol_4)
{
	struct frame_bytes f;

	match_meta(NFT_META_PROTOCOL, "\0\x04", 2);
	put_ethernet(&f, 46);
	put_zeros(&f, 46);
	expect_match(&f, true);
}

Test(host, lengths_are_counted_from_the_network_header_with_padding)
{
	uint32_t length = 58;
	struct frame_bytes f;

	match_meta(NFT_META_LEN, &length, sizeof(length));
	put_ethernet(&f, VLAN);
	put_tag(&f, 10, IPV4);
	put_ipv4(&f, UDP, 0, 28);
	put_zeros(&f, 28 + 10);
	expect_match(&f, true);
}

Test(host, a_wrong_ipv4_header_has_addresses_and_no_transport)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 12, "\x0a\0\0\x01", 4);
	put_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2);
	rule_end(w);
	load();
	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 100);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, false);
	cr_expect_eq(last.expression, 2);
}

Test(host, a_packet_that_ends_before_the_field_does_not_match)
{
	struct frame_bytes f;

	match_bytes(NFT_PAYLOAD_NETWORK_HEADER, 100, "\0", 1);
	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, false);
	cr_expect_str_eq(last.text, "network header + 100: the packet ends before");
}

Test(host, bytes_that_were_not_captured_decide_nothing)
{
	struct frame_bytes f;
	struct packet packet;

	match_bytes(NFT_PAYLOAD_TRANSPORT_HEADER, 0, "\x03\xe8", 2);
	put_ethernet(&f, IPV4);
	put_ipv4(&f, UDP, 0, 8);
	put_udp(&f, 1000, 53, 0);
	packet = packet_of(&f);
	packet.captured = 34;
	cr_expect_eq(play(&packet), HOST_NOT_INTERPRETED);
	cr_expect_str_eq(result.not_interpreted, "payload");
	packet.captured = 20;
	cr_expect_eq(play(&packet), HOST_NOT_INTERPRETED);
	packet.captured = 10;
	cr_expect_eq(play(&packet), HOST_NOT_INTERPRETED);
	cr_expect_str_eq(result.not_interpreted, "frame");
}

Test(host, frames_that_no_kernel_hands_to_a_chain_are_dropped_by_nobody)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	load();
	put_ethernet(&f, VLAN);
	put_bytes(&f, "\0\x0a\x08\0", 4);
	cr_expect_eq(play_frame(&f), HOST_DROP);
	cr_expect_null(result.rule.chain);
	f.size = 13;
	cr_expect_eq(play_frame(&f), HOST_DROP);
}

Test(host, packet_types_come_from_the_destination)
{
	static const struct {
		const char *address;
		uint8_t kind;
	} rows[] = {
		{"\x02\0\0\0\0\0", 0},
		{"\xff\xff\xff\xff\xff\xff", 1},
		{"\x01\0\x5e\0\0\1", 2},
		{"\x02\0\0\0\0\1", 3},
	};
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	for (uint8_t i = 0; i < 4; i++) {
		begin_rule("c");
		put_meta(NFT_META_PKTTYPE);
		put_cmp(&i, 1);
		put_verdict(NF_DROP);
		rule_end(w);
	}
	load();
	for (size_t i = 0; i < 4; i++) {
		put_ethernet(&f, IPV4);
		put_ipv4(&f, UDP, 0, 0);
		memcpy(f.bytes, rows[i].address, 6);
		cr_expect_eq(play_frame(&f), HOST_DROP);
		cr_expect_eq(result.rule.handle, 2 + rows[i].kind, "row %zu: %llu", i,
			     (unsigned long long)result.rule.handle);
	}
}

static void put_exthdr(uint8_t op, uint8_t type, uint8_t offset, uint8_t length, uint32_t flags)
{
	expr_start("exthdr");
	put_u32(NFTA_EXTHDR_DREG, NFT_REG_1);
	put_u8(NFTA_EXTHDR_TYPE, type);
	put_u32(NFTA_EXTHDR_OFFSET, offset);
	put_u32(NFTA_EXTHDR_LEN, length);
	put_u32(NFTA_EXTHDR_FLAGS, flags);
	put_u32(NFTA_EXTHDR_OP, op);
	expr_end();
}

Test(host, an_extension_header_is_found_behind_others)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_exthdr(NFT_EXTHDR_OP_IPV6, 44, 0, 1, NFT_EXTHDR_F_PRESENT);
	put_cmp("\1", 1);
	put_exthdr(NFT_EXTHDR_OP_IPV6, 44, 4, 4, 0);
	put_cmp("\0\0\0\7", 4);
	rule_end(w);
	load();
	put_ethernet(&f, IPV6);
	put_ipv6(&f, 60, 24);
	put_bytes(&f, (uint8_t[]){44, 0, 1, 4, 0, 0, 0, 0}, 8);
	put_bytes(&f, (uint8_t[]){UDP, 0, 0, 1, 0, 0, 0, 7}, 8);
	put_udp(&f, 1000, 53, 0);
	expect_match(&f, true);
	f.bytes[54] = UDP;
	expect_match(&f, false);
	cr_expect_eq(last.expression, 1, "it is absent, and that was asked");
}

Test(host, an_option_of_tcp_is_found_behind_others_and_none_without_a_length_loops)
{
	struct frame_bytes f;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_exthdr(NFT_EXTHDR_OP_TCPOPT, 2, 2, 2, 0);
	put_cmp("\5\xb4", 2);
	rule_end(w);
	load();
	put_ethernet(&f, IPV4);
	put_ipv4(&f, 6, 0, 28);
	put_zeros(&f, 12);
	put_bytes(&f, "\x70\0\0\0\0\0\0\0", 8);
	put_bytes(&f, "\1\1\1\1\2\4\5\xb4", 8);
	expect_match(&f, true);
	f.bytes[54] = 3;
	f.bytes[55] = 0;
	expect_match(&f, true);
	f.bytes[58] = 0;
	expect_match(&f, false);
}

Test(host, lengths_and_names_read_as_such)
{
	uint32_t length = 20;

	base("c", 0, NF_ACCEPT);
	begin_rule("c");
	put_meta(NFT_META_IIFNAME);
	put_cmp("eth1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	rule_end(w);
	load();
	play_udp();
	cr_expect_str_eq(last.text, "meta iifname: eth0, wanted eth1");
	batch_begin(w);
	begin_rule("c");
	put_meta(NFT_META_LEN);
	put_cmp(&length, sizeof(length));
	rule_end(w);
	load();
	play_udp();
	cr_expect_str_eq(last.text, "meta length: 28, wanted 20");
	batch_begin(w);
	begin_rule("c");
	put_match(NFT_PAYLOAD_NETWORK_HEADER, 12, "\x0a\0\0\x07", 4);
	rule_end(w);
	load();
	play_udp();
	cr_expect_str_eq(last.text, "network header + 12: 10.0.0.1, wanted 10.0.0.7");
}
