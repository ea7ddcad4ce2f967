/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver is handed, as one table: which load becomes which field, what the VLAN fix-up
 * moves, what comparisons and masks do, what is refused. The words of a rule are those of
 * written.h; the driver's view is that of flow_rule_print on one line. The rows that need nft, a
 * commit or a driver are in tests/system/vectors.py.
 */
#include "translate_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <nicemu/base/reason.h>
#include <stdlib.h>
#include <string.h>

#define NEW "6.12.107" /* short-load masks are right */
#define OLD "6.12.95"  /* they are not */

#define IP4     "meta:protocol =0800 "
#define IP6     "meta:protocol =86dd "
#define TCP     "meta:l4proto =06 "
#define UDP     "meta:l4proto =11 "
#define N4      "basic.n_proto 0x0800/0xffff; "
#define N6      "basic.n_proto 0x86dd/0xffff; "
#define P(n)    "basic.ip_proto " #n "/255; "
#define C4      "control.addr_type 2/65535; "
#define C6      "control.addr_type 3/65535; "
#define KEYS_4  "protocol 0x0800; used_keys CONTROL|BASIC|IPV4_ADDRS; " N4 C4
#define KEYS_6  "protocol 0x86dd; used_keys CONTROL|BASIC|IPV6_ADDRS; " N6 C6
#define KEYS_P  "protocol 0x0000; used_keys BASIC|PORTS; "
#define ONLY(k) "protocol 0x0000; used_keys " k "; "
#define DROP    "action DROP"
#define NO      "EOPNOTSUPP"
#define V6      "20010db8000000000000000000000001"
#define ONES    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

struct vector {
	const char *kernel, *rule, *expected; /* a driver's view, or an errno's name */
};

/* clang-format off */
static const struct vector loads[] = {
	{NEW, "ll+0/6 =020000000001 drop",
	 ONLY("ETH_ADDRS") "eth_addrs.dst 02:00:00:00:00:01/ff:ff:ff:ff:ff:ff; " DROP},
	{NEW, "ll+6/6 =020000000001 drop",
	 ONLY("ETH_ADDRS") "eth_addrs.src 02:00:00:00:00:01/ff:ff:ff:ff:ff:ff; " DROP},
	{NEW, "ll+12/2 =0800 drop", "protocol 0x0800; used_keys BASIC; " N4 DROP},
	{NEW, "ll+14/2 =a00a drop", ONLY("VLAN") "vlan.vlan_tci 0xa00a/0xffff; " DROP},
	{NEW, "ll+16/2 =0800 drop", "protocol 0x0800; used_keys VLAN; vlan.vlan_tpid 0x0800/0xffff; " DROP},
	{NEW, "ll+18/2 =a00b drop", ONLY("CVLAN") "cvlan.vlan_tci 0xa00b/0xffff; " DROP},
	{NEW, "ll+20/2 =0800 drop", "protocol 0x0800; used_keys CVLAN; cvlan.vlan_tpid 0x0800/0xffff; " DROP},
	{NEW, IP4 "nh+12/4 =0a000001 drop", KEYS_4 "ipv4_addrs.src 10.0.0.1/255.255.255.255; " DROP},
	{NEW, IP4 "nh+16/4 =0a000001 drop", KEYS_4 "ipv4_addrs.dst 10.0.0.1/255.255.255.255; " DROP},
	{NEW, IP4 "nh+9/1 =06 drop", "protocol 0x0800; used_keys BASIC; " N4 P(6) DROP},
	{NEW, IP6 "nh+8/16 =" V6 " drop", KEYS_6 "ipv6_addrs.src 2001:db8::1/" ONES "; " DROP},
	{NEW, IP6 "nh+24/16 =" V6 " drop", KEYS_6 "ipv6_addrs.dst 2001:db8::1/" ONES "; " DROP},
	{NEW, IP6 "nh+6/1 =11 drop", "protocol 0x86dd; used_keys BASIC; " N6 P(17) DROP},
	{NEW, TCP "th+0/2 =0050 drop", KEYS_P P(6) "ports.src 80/65535; " DROP},
	{NEW, TCP "th+2/2 =0050 drop", KEYS_P P(6) "ports.dst 80/65535; " DROP},
	{NEW, UDP "th+0/2 =0035 drop", KEYS_P P(17) "ports.src 53/65535; " DROP},
	{NEW, UDP "th+2/2 =0035 drop", KEYS_P P(17) "ports.dst 53/65535; " DROP},
	{NEW, "meta:protocol =0806 drop", "protocol 0x0806; used_keys BASIC; basic.n_proto 0x0806/0xffff; " DROP},
	{NEW, "meta:l4proto =01 drop", ONLY("BASIC") P(1) DROP},
	{NEW, "meta:iif #1/4 drop", ONLY("META") "meta.ingress_ifindex 1/4294967295; " DROP},
	{NEW, "meta:iiftype #1/2 drop", ONLY("META") "meta.ingress_iftype 1/65535; " DROP},
	{NEW, "drop", ONLY("none") DROP},

	/* other offsets, lengths, headers, and what is not known yet */
	{NEW, "ll+1/1 =02 drop", NO}, {NEW, "ll+5/1 =02 drop", NO}, {NEW, "ll+13/1 =02 drop", NO},
	{NEW, "ll+22/2 =0800 drop", NO}, {NEW, "ll+24/2 =0800 drop", NO}, {NEW, "ll+0/7 =02000000000102 drop", NO},
	{NEW, "ll+0/12 =020000000001020000000002 drop", NO}, {NEW, "ll+6/8 =0200000000010800 drop", NO},
	{NEW, "ll+12/4 =81000001 drop", NO}, {NEW, "ll+14/4 =00010800 drop", NO},
	{NEW, "nh+12/4 =0a000001 drop", NO}, {NEW, "nh+9/1 =06 drop", NO}, {NEW, "nh+6/1 =06 drop", NO},
	{NEW, "meta:protocol =0806 nh+12/4 =0a000001 drop", NO},
	{NEW, IP4 "nh+12/8 =0a0000010a000002 drop", NO}, {NEW, IP4 "nh+8/1 =01 drop", NO},
	{NEW, IP4 "nh+1/1 =01 drop", NO}, {NEW, IP4 "nh+6/2 =0000 drop", NO}, {NEW, IP4 "nh+8/16 =" V6 " drop", NO},
	{NEW, IP6 "nh+9/1 =06 drop", NO}, {NEW, IP6 "nh+12/4 =0a000001 drop", NO}, {NEW, IP6 "nh+7/1 =01 drop", NO},
	{NEW, "th+0/2 =0050 drop", NO}, {NEW, "meta:l4proto =84 th+2/2 =0001 drop", NO},
	{NEW, "meta:l4proto =01 th+0/1 =08 drop", NO},
	{NEW, TCP "th+0/4 =00500051 drop", NO}, {NEW, UDP "th+4/2 =0008 drop", NO}, {NEW, TCP "th+13/1 =02 drop", NO},
	{NEW, TCP "in+0/2 =0050 drop", NO},
	{NEW, "meta:mark #1/4 drop", NO}, {NEW, "meta:len #1/4 drop", NO}, {NEW, "meta:iifname drop", NO},
	{NEW, "meta:oif #1/4 drop", NO}, {NEW, "meta:pkttype drop", NO}, {NEW, "meta:priority #1/4 drop", NO},
	{NEW, "meta:iifgroup #1/4 drop", NO}, {NEW, "meta:nfproto =02 drop", NO}, {NEW, "meta:cpu #1/4 drop", NO},
	{NEW, "meta:iiftype #772/2 drop", NO},

	/* before short loads, VLAN, CONTROL: the first kernels */
	{"5.4", "ll+0/5 =0200000000 drop", NO}, {"5.4", IP4 "nh+12/3 =0a0000 drop", NO},
	{"5.4", "ll+14/2 =000a drop", NO}, {"5.4", "ll+18/2 =000a drop", NO},
	{"5.4", IP4 "nh+12/4 =0a000001 drop", "protocol 0x0800; used_keys BASIC|IPV4_ADDRS; " N4
	 "ipv4_addrs.src 10.0.0.1/255.255.255.255; " DROP},
};

static const struct vector vlan[] = {
	/* `ether type vlan`, `vlan id 10`, `vlan id 10` with `vlan type ip` */
	{NEW, "ll+12/2 =8100 drop", "protocol 0x8100; used_keys BASIC|VLAN; vlan.vlan_tpid 0x8100/0xffff; " DROP},
	{NEW, "ll+12/2 =8100 ll+14/2 &0fff =000a drop",
	 "protocol 0x8100; used_keys BASIC|VLAN; vlan.vlan_tci 0x000a/0x0fff; vlan.vlan_tpid 0x8100/0xffff; " DROP},
	{NEW, "ll+12/2 =8100 ll+14/2 &0fff =000a ll+16/2 =0800 nh+16/4 =01020304 drop",
	 "protocol 0x0800; used_keys CONTROL|BASIC|IPV4_ADDRS|VLAN; " N4 C4
	 "vlan.vlan_tci 0x000a/0x0fff; vlan.vlan_tpid 0x8100/0xffff; ipv4_addrs.dst 1.2.3.4/255.255.255.255; " DROP},
	{NEW, "meta:protocol =8100 drop", "protocol 0x8100; used_keys BASIC|VLAN; vlan.vlan_tpid 0x8100/0xffff; " DROP},
	{NEW, "meta:protocol =88a8 drop", "protocol 0x88a8; used_keys BASIC|VLAN; vlan.vlan_tpid 0x88a8/0xffff; " DROP},
	/* 0x9100 is no tag: nothing moves */
	{NEW, "ll+12/2 =9100 ll+14/2 =000a drop",
	 "protocol 0x9100; used_keys BASIC|VLAN; basic.n_proto 0x9100/0xffff; vlan.vlan_tci 0x000a/0xffff; " DROP},
	/* two tags: outer type, inner type, both ids */
	{NEW, "ll+12/2 =88a8 ll+14/2 &0fff =0005 ll+16/2 =8100 ll+18/2 &0fff =0007 drop",
	 "protocol 0x8100; used_keys BASIC|VLAN|CVLAN; vlan.vlan_tci 0x0005/0x0fff; vlan.vlan_tpid 0x88a8/0xffff; "
	 "cvlan.vlan_tci 0x0007/0x0fff; cvlan.vlan_tpid 0x8100/0xffff; " DROP},
	{NEW, "ll+12/2 =88a8 ll+16/2 =8100 ll+20/2 =0800 drop",
	 "protocol 0x0800; used_keys BASIC|VLAN|CVLAN; " N4 "vlan.vlan_tpid 0x88a8/0xffff; "
	 "cvlan.vlan_tpid 0x8100/0xffff; " DROP},
	/* the inner type alone: VLAN.tpid is a tag's, so it moves to the inner tag, and n_proto to the outer */
	{NEW, "ll+16/2 =8100 drop",
	 "protocol 0x8100; used_keys VLAN|CVLAN; cvlan.vlan_tpid 0x8100/0xffff; " DROP},
	/* a tag id without a type */
	{NEW, "ll+14/2 &0fff =000a drop", ONLY("VLAN") "vlan.vlan_tci 0x000a/0x0fff; " DROP},
	{NEW, "ll+18/2 &e000 =6000 drop", ONLY("CVLAN") "cvlan.vlan_tci 0x6000/0xe000; " DROP},
	/* `vlan pcp 3`, `vlan dei 1`: one byte, whose mask is shorter than the field */
	{NEW, "ll+12/2 =8100 ll+14/1 &e0 =60 drop", NO}, {NEW, "ll+12/2 =8100 ll+14/1 &10 =10 drop", NO},
	/* 5.10.36 is before the fix-up and the byte order */
	{"5.10.36", "ll+12/2 =8100 ll+14/2 &0fff =000a drop",
	 "protocol 0x8100; used_keys BASIC|VLAN; basic.n_proto 0x8100/0xffff; vlan.vlan_tci 0x0a00/0xff0f; " DROP},
};

static const struct vector compare[] = {
	/* fewer bytes than the field: the rest is zero, and compared */
	{NEW, IP4 "nh+12/4 =0a00 drop", KEYS_4 "ipv4_addrs.src 10.0.0.0/255.255.255.255; " DROP},
	/* more bytes than were loaded, as far as registers are tracked */
	{NEW, IP4 "nh+12/4 =0a00000100 drop", "ENODATA"}, {NEW, "=0a000001 drop", "ENODATA"},
	{"6.1", "=0a000001 drop", NO}, {NEW, IP4 "nh+12/4@1 =0a000001@2 drop", "ENODATA"},
	{NEW, IP4 "nh+12/4 !=0a000001 drop", NO}, {NEW, TCP "th+2/2 !=0050 drop", NO}, {NEW, "ll+12/2 !=0800 drop", NO},
	/* value bits outside the mask stay */
	{NEW, IP4 "nh+12/4 &ff000000 =0a010203 drop", KEYS_4 "ipv4_addrs.src 10.1.2.3/255.0.0.0; " DROP},
	{NEW, IP4 "nh+12/4 &fff00000 =0a100000 accept",
	 KEYS_4 "ipv4_addrs.src 10.16.0.0/255.240.0.0; action ACCEPT"},
	{NEW, IP4 "nh+12/4 &00ff00ff =00010002 drop", KEYS_4 "ipv4_addrs.src 0.1.0.2/0.255.0.255; " DROP},
	{NEW, IP6 "nh+8/16 &fffffffff00000000000000000000000 =20010db8000000000000000000000000 drop",
	 KEYS_6 "ipv6_addrs.src 2001:db8::/ffff:ffff:f000::; " DROP},
	{OLD, IP6 "nh+8/16 &fffffffff00000000000000000000000 =20010db8000000000000000000000000 drop",
	 KEYS_6 "ipv6_addrs.src 2001:db8::/ffff:ffff:f000::; " DROP},
	/* a masked protocol is learned as if it had no mask */
	{NEW, IP4 "nh+9/1 &f0 =06 th+0/2 =0050 drop",
	 "protocol 0x0800; used_keys BASIC|PORTS; " N4 "basic.ip_proto 6/240; ports.src 80/65535; " DROP},
	{NEW, IP4 "nh+9/1 &f0 =00 th+0/2 =0050 drop", NO},
	/* masks that are none: xor, another length, another register, a shift */
	{NEW, IP4 "nh+12/4 ^00000001 =0a000000 drop", NO}, {NEW, IP4 "nh+12/3 &ffff00 =0a0000 drop", NO},
	{NEW, IP4 "nh+12/4 <<4 =0a000000 drop", NO},
	/* what is learned goes to the next comparison, whatever it compares */
	{NEW, "meta:protocol meta:iif #1/4 nh+12/4 =0a000001 drop", NO},
	{NEW, "meta:protocol@1 meta:iif@2 #1/4@2 =0800@1 nh+12/4 =0a000001 drop", NO},
	{NEW, "meta:protocol@1 meta:iif@2 =0800@1 #1/4@2 nh+12/4 =0a000001 drop",
	 "protocol 0x0800; used_keys CONTROL|BASIC|IPV4_ADDRS|META; meta.ingress_ifindex 1/4294967295; " N4 C4
	 "ipv4_addrs.src 10.0.0.1/255.255.255.255; " DROP},
	/* the same field twice: the last one */
	{NEW, IP4 "nh+12/4 =01010101 nh+12/4 =02020202 drop", KEYS_4 "ipv4_addrs.src 2.2.2.2/255.255.255.255; " DROP},
	{NEW, IP4 "nh+12/4 =01010101 nh+12/4 &ff000000 =02000000 drop", KEYS_4 "ipv4_addrs.src 2.0.0.0/255.0.0.0; " DROP},
	{NEW, TCP UDP "th+2/2 =0035 drop", KEYS_P P(17) "ports.dst 53/65535; " DROP},
};

static const struct vector actions[] = {
	{NEW, "accept", ONLY("none") "action ACCEPT"},
	{NEW, UDP "th+0/2 =0035 counter accept", KEYS_P P(17) "ports.src 53/65535; action ACCEPT"},
	{NEW, "fwd:1", ONLY("none") "action REDIRECT ifindex 1"},
	{NEW, "dup:1", ONLY("none") "action MIRRED ifindex 1"},
	{NEW, "dup:1 accept", ONLY("none") "action MIRRED ifindex 1; action ACCEPT"},
	{NEW, "dup:1 fwd:1", ONLY("none") "action MIRRED ifindex 1; action REDIRECT ifindex 1"},
	{NEW, "drop accept", ONLY("none") "action DROP; action ACCEPT"},
	{NEW, "fwd:9", NO}, {NEW, "dup:9", NO}, {NEW, "fwd:0", NO},
	{NEW, "", NO}, {NEW, "counter", NO}, {NEW, IP4 "nh+12/4 =01010101", NO},
	{NEW, IP4 "nh+12/4 =01010101 continue", NO}, {NEW, "return", NO}, {NEW, ":notrack drop", NO},
	{"5.12", "counter drop", NO}, {"5.13", "counter drop", ONLY("none") DROP},
	{"5.4", "fwd:1", NO}, {"5.4", "dup:1", NO},
	{"5.4.10", IP4 "nh+12/4 =01010101", "protocol 0x0800; used_keys BASIC|IPV4_ADDRS; " N4
	 "ipv4_addrs.src 1.1.1.1/255.255.255.255"},
};
/* clang-format on */

static void driver_view(const struct vector *v, char *view, size_t size)
{
	struct flow_rule *rule;
	size_t length, used = 0;
	char *text;
	FILE *out;
	int error = translate_words(v->kernel, v->rule, &rule);

	if (error) {
		snprintf(view, size, "%s", errno_name(error));
		return;
	}
	out = open_memstream(&text, &length);
	flow_rule_print(out, rule, "; ");
	fclose(out);
	flow_rule_free(rule);
	/* Each line has "; " in front and a newline behind it. */
	for (size_t i = 2; i < length && used + 1 < size; i++)
		if (text[i] != '\n')
			view[used++] = text[i];
	view[used] = '\0';
	free(text);
}

static void check(const struct vector *vectors, size_t count)
{
	char view[2048];

	for (size_t i = 0; i < count; i++) {
		driver_view(&vectors[i], view, sizeof(view));
		cr_expect_str_eq(view, vectors[i].expected,
				 "kernel %s, rule \"%s\"\nexpected %s\ngot      %s",
				 vectors[i].kernel, vectors[i].rule, vectors[i].expected, view);
	}
}

/*
 * Masks of loads of 1, 2 … bytes: the right one, and that of kernels which build it from a shift of
 * the wrong size. The rows for 6.12.95 are what that kernel handed to a driver (IPv6, IPv4, ports)
 * or follow from its source (MAC and the other 2-byte fields).
 */
struct mask_row {
	const char *right, *wrong;
};

#define F4 "ffffffff"
#define Z4 "00000000"

/* clang-format off */
static const struct mask_row masks_2[] = {{"ff00", "ffff"}, {"ffff", "ffff"}};
static const struct mask_row masks_4[] = {
	{"ff000000", "ff000000"}, {"ffff0000", "ffff0000"}, {"ffffff00", "ffffff00"}, {F4, F4}};
static const struct mask_row masks_6[] = {
	{"ff0000000000", "ffffff00ffff"}, {"ffff00000000", "ffffffffffff"}, {"ffffff000000", "ff000000ffff"},
	{"ffffffff0000", "ffffffffffff"}, {"ffffffffff00", "ffffffffffff"}, {"ffffffffffff", "ffffffffffff"}};
static const struct mask_row masks_16[] = {
	{"ff000000" Z4 Z4 Z4, "ff000000" F4 F4 F4}, {"ffff0000" Z4 Z4 Z4, "ffff0000" F4 F4 F4},
	{"ffffff00" Z4 Z4 Z4, "ffffff00" F4 F4 F4}, {F4 Z4 Z4 Z4, F4 F4 F4 F4},
	{F4 "ff000000" Z4 Z4, F4 "ff000000" F4 F4}, {F4 "ffff0000" Z4 Z4, F4 "ffff0000" F4 F4},
	{F4 "ffffff00" Z4 Z4, F4 "ffffff00" F4 F4}, {F4 F4 Z4 Z4, F4 F4 F4 F4},
	{F4 F4 "ff000000" Z4, F4 F4 "ff000000" F4}, {F4 F4 "ffff0000" Z4, F4 F4 "ffff0000" F4},
	{F4 F4 "ffffff00" Z4, F4 F4 "ffffff00" F4}, {F4 F4 F4 Z4, F4 F4 F4 F4},
	{F4 F4 F4 "ff000000", F4 F4 F4 "ff000000"}, {F4 F4 F4 "ffff0000", F4 F4 F4 "ffff0000"},
	{F4 F4 F4 "ffffff00", F4 F4 F4 "ffffff00"}, {F4 F4 F4 F4, F4 F4 F4 F4}};

static const struct mask_field {
	const char *before, *load;
	enum flow_field_id field;
	const struct mask_row *rows;
} mask_fields[] = {
	{"", "ll+0", FLOW_ETH_DST, masks_6}, {"", "ll+6", FLOW_ETH_SRC, masks_6},
	{"", "ll+12", FLOW_BASIC_N_PROTO, masks_2}, {"", "ll+14", FLOW_VLAN_TCI, masks_2},
	{"", "ll+16", FLOW_VLAN_TPID, masks_2}, {"", "ll+18", FLOW_CVLAN_TCI, masks_2},
	{"", "ll+20", FLOW_CVLAN_TPID, masks_2},
	{IP4, "nh+12", FLOW_IPV4_SRC, masks_4}, {IP4, "nh+16", FLOW_IPV4_DST, masks_4},
	{IP6, "nh+8", FLOW_IPV6_SRC, masks_16}, {IP6, "nh+24", FLOW_IPV6_DST, masks_16},
	{TCP, "th+0", FLOW_PORTS_SRC, masks_2}, {UDP, "th+2", FLOW_PORTS_DST, masks_2},
};
/* clang-format on */

/* A load of length bytes of the field, compared with 20 01 0d b8 00 …: key and mask as bytes. */
static void check_mask(const struct mask_field *f, unsigned int length, const char *kernel,
		       const char *expected)
{
	static const char value[] = "20010db8000000000000000000000001";
	char words[256], got[2 * 16 + 1];
	uint8_t key[16], mask[16];
	struct flow_rule *rule;
	int error;

	snprintf(words, sizeof(words), "%s%s/%u =%.*s drop", f->before, f->load, length,
		 (int)(2 * length), value);
	error = translate_words(kernel, words, &rule);
	cr_assert_eq(error, 0, "kernel %s, \"%s\": %s", kernel, words, errno_name(error));
	flow_key_load(&rule->match.key, f->field, key);
	flow_key_load(&rule->match.mask, f->field, mask);
	flow_rule_free(rule);
	for (size_t i = 0; i < flow_fields[f->field].struct_size; i++) {
		static const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

		snprintf(got + 2 * i, 3, "%02x", mask[i]);
		cr_expect_eq(key[i], i < length ? bytes[i] : 0,
			     "\"%s\": byte %zu of the key is %02x", words, i, key[i]);
	}
	cr_expect_str_eq(got, expected, "kernel %s, \"%s\": expected the mask %s, got %s", kernel,
			 words, expected, got);
}

Test(vectors, masks_of_short_loads_by_field_and_length)
{
	for (size_t i = 0; i < sizeof(mask_fields) / sizeof(mask_fields[0]); i++) {
		const struct mask_field *f = &mask_fields[i];

		for (unsigned int n = 1; n <= flow_fields[f->field].struct_size; n++) {
			check_mask(f, n, NEW, f->rows[n - 1].right);
			check_mask(f, n, "6.1.192", f->rows[n - 1].right);
			check_mask(f, n, "ideal", f->rows[n - 1].right);
			check_mask(f, n, OLD, f->rows[n - 1].wrong);
		}
	}
}

#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

Test(vectors, each_load_becomes_its_field_and_every_other_is_refused)
{
	CHECK(loads);
}

Test(vectors, the_types_of_tags_end_up_with_their_tags)
{
	CHECK(vlan);
}

Test(vectors, comparisons_and_masks)
{
	CHECK(compare);
}

Test(vectors, actions_in_order_and_rules_without)
{
	CHECK(actions);
}

/* The hint writes the rule out again, and must not look for what is not there. */
Test(vectors, a_refusal_is_explained_also_beside_a_statement_without_attributes)
{
	static const struct vector rules[] = {
		{NEW, TCP ":log th+0/4 =00500051 drop", NO},
		{NEW, TCP "th+0/4 =00500051 :log drop", NO},
		{NEW, "ll+1/1 =02 :log", NO},
	};

	CHECK(rules);
}
