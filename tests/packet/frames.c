/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <string.h>

/* clang-format off */
#define ETH(type)                "0200000000b1" "0200000000a1" type
#define IP4(total, frag, proto)  "4510" total "1234" frag "40" proto "0000" "0a000001" "0a000002"
#define IP4_OPT(total, proto)    "4610" total "1234" "0000" "40" proto "0000" "0a000001" "0a000002" "01010100"
#define IP6(payload, next)       "62a00000" payload next "40" \
                                 "20010db8000000000000000000000001" "20010db8000000000000000000000002"
#define TCP                      "d431" "0050" "00000001" "00000002" "5018" "ffff" "0000" "0000"
#define UDP(size)                "d431" "0035" size "0000"
#define SCTP                     "0b59" "0b5a" "00000001" "00000000"
#define PING                     "0800" "0000" "00010002"
#define PING6                    "8000" "0000" "00010002"
#define HOP(next)                next "00" "010400000000"
#define ROUTING(next)            next "01" "0400" "000000000000000000000000"
#define DSTOPTS(next)            next "00" "010400000000"
#define FRAG6(next, word)        next "00" word "00001234"
#define AH(next)                 next "01" "0000" "00000001" "00000001"
#define ARP_BODY                 "0200000000a1" "0a000001" "000000000000" "0a000002"
#define PPPOE(size, proto)       "1100" "0042" size proto

#define N_IP4    "basic.n_proto 0x0800 "
#define N_IP6    "basic.n_proto 0x86dd "
#define PROTO(n) "basic.ip_proto " #n " "
#define C4       "control.addr_type 2 "
#define C6       "control.addr_type 3 "
#define FIRST    "control.flags 0x00000003 "
#define LATER    "control.flags 0x00000001 "
#define V4       "ipv4_addrs.src 10.0.0.1 ipv4_addrs.dst 10.0.0.2 "
#define V6       "ipv6_addrs.src 2001:db8::1 ipv6_addrs.dst 2001:db8::2 "
#define P(s, d)  "ports.src " #s " ports.dst " #d " "
#define HTTP     P(54321, 80) "tcp.flags 0x0018 "
#define DNS      P(54321, 53)
#define ICMP(t)  "icmp.type " #t " icmp.code 0 "
#define IP_TOS4  "ip.tos 0x10 ip.ttl 64 "
#define IP_TOS6  "ip.tos 0x2a ip.ttl 64 "
#define VLAN(v)  "vlan.vlan_tci " v " "
#define CVLAN(v) "cvlan.vlan_tci " v " "
#define TPID(v)  "vlan.vlan_tpid " v " "
#define CTPID(v) "cvlan.vlan_tpid " v " "
#define SESSION  "pppoe.session_id 66 pppoe.ppp_proto "

const struct frame_row frame_rows[] = {
	/* Layer 2 */
	{"empty", "", "no eth_addrs| short", 0},
	{"ethernet_cut", "0200000000b10200000000a108", "no eth_addrs| short", 0},
	{"lldp", ETH("88cc") "0207", "basic.n_proto 0x88cc | ", 0},
	{"llc", ETH("0004") "42420300", "basic.n_proto 0x0004 | ", 0},
	{"llc_padded", ETH("0003") "4242030000000000", "basic.n_proto 0x0003 | ", 0},
	{"llc_length_beyond_the_frame", ETH("0005") "42420300", "basic.n_proto 0x0005 | malformed", 0},
	{"llc_length_within_the_wire", ETH("0005") "42420300", "basic.n_proto 0x0005 | truncated", 1},
	{"vlan_ip4", ETH("8100") "a00a" "0800" IP4("0028", "0000", "06") TCP,
	 N_IP4 PROTO(6) C4 VLAN("0xa00a") TPID("0x8100") V4 HTTP IP_TOS4 "| 1 tag", 0},
	{"vlan_ad_ip6", ETH("88a8") "0005" "86dd" IP6("0008", "3a") PING6,
	 N_IP6 PROTO(58) C6 VLAN("0x0005") TPID("0x88a8") V6 ICMP(128) IP_TOS6 "| 1 tag", 0},
	{"qinq", ETH("88a8") "0064" "8100" "00c8" "0800" IP4("001c", "0000", "01") PING,
	 N_IP4 PROTO(1) C4 VLAN("0x0064") TPID("0x88a8") CVLAN("0x00c8") CTPID("0x8100") V4 ICMP(8)
	 IP_TOS4 "| 2 tags", 0},
	{"three_tags", ETH("8100") "0001" "8100" "0002" "88a8" "0003" "0800" IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 VLAN("0x0001") TPID("0x8100") CVLAN("0x0002") CTPID("0x8100") V4 DNS
	 IP_TOS4 "| 3 tags", 0},
	{"vlan_9100_is_no_tag", ETH("9100") "0001" "0800" IP4("001c", "0000", "11") UDP("0008"),
	 "basic.n_proto 0x9100 | ", 0},
	{"vlan_cut_in_the_tag", ETH("8100") "0001" "08", "basic.n_proto 0x8100 | short", 0},
	{"qinq_cut_in_the_second_tag", ETH("88a8") "0064" "8100" "00",
	 "basic.n_proto 0x8100 " VLAN("0x0064") TPID("0x88a8") "| short 1 tag", 0},
	{"vlan_llc", ETH("8100") "0001" "0004" "42420300",
	 "basic.n_proto 0x0004 " VLAN("0x0001") TPID("0x8100") "| 1 tag", 0},
	{"vlan_priority_tag", ETH("8100") "0000" "88cc", "basic.n_proto 0x88cc " VLAN("0x0000")
	 TPID("0x8100") "| 1 tag", 0},

	/* ARP, MPLS, PPPoE */
	{"arp", ETH("0806") "0001" "0800" "06" "04" "0001" ARP_BODY,
	 "basic.n_proto 0x0806 arp.sip 10.0.0.1 arp.tip 10.0.0.2 arp.op 1 arp.sha 02:00:00:00:00:a1 "
	 "arp.tha 00:00:00:00:00:00 | ", 0},
	{"rarp", ETH("8035") "0001" "0800" "06" "04" "0003" ARP_BODY,
	 "basic.n_proto 0x8035 arp.sip 10.0.0.1 arp.tip 10.0.0.2 arp.op 3 arp.sha 02:00:00:00:00:a1 "
	 "arp.tha 00:00:00:00:00:00 | ", 0},
	{"arp_of_ieee802", ETH("0806") "0006" "0800" "06" "04" "0001" ARP_BODY, "basic.n_proto 0x0806 | ", 0},
	{"arp_of_long_addresses", ETH("0806") "0001" "0800" "08" "04" "0001" ARP_BODY, "basic.n_proto 0x0806 | ", 0},
	{"arp_cut", ETH("0806") "0001" "0800" "06" "04" "0001" "0200000000a1", "basic.n_proto 0x0806 | short", 0},
	{"vlan_arp", ETH("8100") "0007" "0806" "0001" "0800" "06" "04" "0002" ARP_BODY,
	 "basic.n_proto 0x0806 " VLAN("0x0007") TPID("0x8100") "arp.sip 10.0.0.1 arp.tip 10.0.0.2 arp.op 2 "
	 "arp.sha 02:00:00:00:00:a1 arp.tha 00:00:00:00:00:00 | 1 tag", 0},
	{"mpls", ETH("8847") "00064140" IP4("001c", "0000", "11") UDP("0008"),
	 "basic.n_proto 0x8847 mpls.ls[0] 0x00064140 | ", 0},
	{"mpls_two_labels", ETH("8848") "00064040" "00065140", "basic.n_proto 0x8848 mpls.ls[0] 0x00064040 | ", 0},
	{"mpls_cut", ETH("8847") "000641", "basic.n_proto 0x8847 | short", 0},
	{"pppoe_ip4", ETH("8864") PPPOE("001e", "0021") IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 SESSION "0x0021 | ", 0},
	{"pppoe_ip6", ETH("8864") PPPOE("0032", "0057") IP6("0008", "11") UDP("0008"),
	 N_IP6 PROTO(17) C6 V6 DNS IP_TOS6 SESSION "0x0057 | ", 0},
	{"pppoe_mpls", ETH("8864") PPPOE("0006", "0281") "00064140",
	 "basic.n_proto 0x8847 " SESSION "0x0281 mpls.ls[0] 0x00064140 | ", 0},
	{"pppoe_lcp", ETH("8864") PPPOE("0006", "c021") "09010008",
	 "basic.n_proto 0x8864 " SESSION "0xc021 | ", 0},
	{"vlan_pppoe_ip4", ETH("8100") "0007" "8864" PPPOE("001e", "0021") IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 VLAN("0x0007") TPID("0x8100") V4 DNS IP_TOS4 SESSION "0x0021 | 1 tag", 0},
	{"pppoe_of_version_2", ETH("8864") "2100" "0042" "001e" "0021" IP4("001c", "0000", "11") UDP("0008"),
	 "basic.n_proto 0x8864 | ", 0},
	{"pppoe_compressed_protocol", ETH("8864") "1100" "0042" "001d" "21" IP4("001c", "0000", "11") UDP("0008"),
	 "basic.n_proto 0x8864 | ", 0},
	{"pppoe_cut", ETH("8864") "1100" "0042" "001e" "00", "basic.n_proto 0x8864 | short", 0},
	{"pppoe_discovery", ETH("8863") "1109" "0000" "0000", "basic.n_proto 0x8863 | ", 0},
	{"pppoe_length_beyond_the_frame", ETH("8864") PPPOE("0020", "0021") IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 SESSION "0x0021 | malformed", 0},
	{"pppoe_length_below_the_packet", ETH("8864") PPPOE("001d", "0021") IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 C4 V4 IP_TOS4 SESSION "0x0021 | malformed", 0},
	{"pppoe_ends_before_the_ip4_header", ETH("8864") PPPOE("0002", "0021") IP4("0014", "0000", "11"),
	 N_IP4 C4 V4 IP_TOS4 SESSION "0x0021 | malformed", 0},
	{"pppoe_ends_before_the_ip6_header", ETH("8864") PPPOE("0002", "0057") IP6("0000", "11"),
	 N_IP6 C6 V6 IP_TOS6 SESSION "0x0057 | malformed", 0},

	/* IPv4 */
	{"ip4_tcp", ETH("0800") IP4("0028", "4000", "06") TCP, N_IP4 PROTO(6) C4 V4 HTTP IP_TOS4 "| ", 0},
	{"ip4_udp", ETH("0800") IP4("001c", "0000", "11") UDP("0008"), N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| ", 0},
	{"ip4_sctp", ETH("0800") IP4("0020", "0000", "84") SCTP,
	 N_IP4 PROTO(132) C4 V4 P(2905, 2906) IP_TOS4 "| ", 0},
	{"ip4_icmp", ETH("0800") IP4("001c", "0000", "01") PING, N_IP4 PROTO(1) C4 V4 ICMP(8) IP_TOS4 "| ", 0},
	{"ip4_options_udp", ETH("0800") IP4_OPT("0020", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| ", 0},
	{"ip4_options_cut", ETH("0800") "4610" "0020" "1234" "0000" "40" "11" "0000" "0a000001" "0a000002" "0101",
	 N_IP4 PROTO(17) C4 V4 IP_TOS4 "| truncated short", 10},
	{"ip4_gre", ETH("0800") IP4("0020", "0000", "2f") "00000800" "450000080000000000000000",
	 N_IP4 PROTO(47) C4 V4 IP_TOS4 "| ", 0},
	{"ip4_vxlan_outer_only", ETH("0800") IP4("0032", "0000", "11") "d43112b5001e0000" "0800000000007b00" ETH("0800"),
	 N_IP4 PROTO(17) C4 V4 P(54321, 4789) IP_TOS4 "| ", 0},
	{"ip4_in_ip4_outer_only", ETH("0800") IP4("0030", "0000", "04") IP4("001c", "0000", "11") UDP("0008"),
	 N_IP4 PROTO(4) C4 V4 IP_TOS4 "| ", 0},
	{"ip4_ah_is_the_protocol", ETH("0800") IP4("0028", "0000", "33") AH("11") UDP("0008"),
	 N_IP4 PROTO(51) C4 V4 IP_TOS4 "| ", 0},
	{"ip4_first_fragment", ETH("0800") IP4("001c", "2000", "11") UDP("0bc0"),
	 N_IP4 PROTO(17) C4 FIRST V4 DNS IP_TOS4 "| ", 0},
	{"ip4_middle_fragment", ETH("0800") IP4("001c", "20b9", "11") UDP("0008"),
	 N_IP4 PROTO(17) C4 LATER V4 IP_TOS4 "| later", 0},
	{"ip4_last_fragment", ETH("0800") IP4("001c", "00b9", "06") UDP("0008"),
	 N_IP4 PROTO(6) C4 LATER V4 IP_TOS4 "| later", 0},
	{"ip4_padded", ETH("0800") IP4("001c", "0000", "11") UDP("0008") "000000000000000000000000000000000000",
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| ", 0},
	{"ip4_cut_by_a_snap_length", ETH("0800") IP4("05dc", "0000", "06") "d4310050" "0000",
	 N_IP4 PROTO(6) C4 V4 P(54321, 80) IP_TOS4 "| truncated short", 1474},
	{"ip4_header_cut", ETH("0800") "4510001c12340000401100000a0000010a0000", N_IP4 "| short", 0},
	{"ip4_of_nothing_has_protocol_0", ETH("0800") IP4("0014", "0000", "00"), N_IP4 PROTO(0) C4 V4 IP_TOS4 "| ", 0},
	{"ip4_version_5", ETH("0800") "5510" "001c" "1234" "0000" "40" "11" "0000" "0a000001" "0a000002" UDP("0008"),
	 N_IP4 C4 V4 IP_TOS4 "| malformed", 0},
	{"ip4_ihl_4", ETH("0800") "4410" "001c" "1234" "0000" "40" "11" "0000" "0a000001" "0a000002" UDP("0008"),
	 N_IP4 C4 V4 IP_TOS4 "| malformed", 0},
	{"ip4_total_beyond_the_frame", ETH("0800") IP4("001d", "0000", "11") UDP("0008"),
	 N_IP4 C4 V4 IP_TOS4 "| malformed", 0},
	{"ip4_total_below_the_header", ETH("0800") IP4_OPT("0017", "11") UDP("0008"),
	 N_IP4 C4 V4 IP_TOS4 "| malformed", 0},
	{"ip4_total_0", ETH("0800") IP4("0000", "0000", "06") TCP, N_IP4 C4 V4 IP_TOS4 "| malformed", 0},
	{"ip4_malformed_later_fragment", ETH("0800") IP4("00ff", "00b9", "06") TCP,
	 N_IP4 C4 LATER V4 IP_TOS4 "| malformed later", 0},
	{"ip4_under_the_ipv6_type", ETH("86dd") IP4("0028", "0000", "06") TCP,
	 N_IP6 C6 "ipv6_addrs.src 4006:0:a00:1:a00:2:d431:50 ipv6_addrs.dst 0:1:0:2:5018:ffff:: "
	 "ip.tos 0x51 ip.ttl 0 | malformed", 0},

	/* IPv6 */
	{"ip6_tcp", ETH("86dd") IP6("0014", "06") TCP, N_IP6 PROTO(6) C6 V6 HTTP IP_TOS6 "| ", 0},
	{"ip6_udp", ETH("86dd") IP6("0008", "11") UDP("0008"), N_IP6 PROTO(17) C6 V6 DNS IP_TOS6 "| ", 0},
	{"ip6_icmp", ETH("86dd") IP6("0008", "3a") PING6, N_IP6 PROTO(58) C6 V6 ICMP(128) IP_TOS6 "| ", 0},
	{"ip6_hop_by_hop", ETH("86dd") IP6("0010", "00") HOP("11") UDP("0008"),
	 N_IP6 PROTO(17) C6 V6 DNS IP_TOS6 "| extension", 0},
	{"ip6_every_extension", ETH("86dd") IP6("0040", "00") HOP("3c") DSTOPTS("2b") ROUTING("2c")
	 FRAG6("33", "0000") AH("3c") DSTOPTS("11") UDP("0008"),
	 N_IP6 PROTO(17) C6 FIRST V6 DNS IP_TOS6 "| extension", 0},
	{"ip6_no_next_header", ETH("86dd") IP6("0000", "3b"), N_IP6 PROTO(59) C6 V6 IP_TOS6 "| ", 0},
	{"ip6_esp", ETH("86dd") IP6("0008", "32") "0000000100000001", N_IP6 PROTO(50) C6 V6 IP_TOS6 "| ", 0},
	{"ip6_first_fragment", ETH("86dd") IP6("0010", "2c") FRAG6("11", "0001") UDP("0bc0"),
	 N_IP6 PROTO(17) C6 FIRST V6 DNS IP_TOS6 "| extension", 0},
	{"ip6_later_fragment", ETH("86dd") IP6("0010", "2c") FRAG6("11", "05a9") UDP("0008"),
	 N_IP6 PROTO(17) C6 LATER V6 IP_TOS6 "| later extension", 0},
	{"ip6_later_fragment_of_extensions", ETH("86dd") IP6("0010", "2c") FRAG6("3c", "05a8") UDP("0008"),
	 N_IP6 PROTO(60) C6 LATER V6 IP_TOS6 "| later extension", 0},
	{"ip6_extension_beyond_the_payload", ETH("86dd") IP6("0004", "00") HOP("11") UDP("0008"),
	 N_IP6 PROTO(17) C6 V6 DNS IP_TOS6 "| malformed extension", 0},
	{"ip6_fragment_beyond_the_payload", ETH("86dd") IP6("0004", "2c") FRAG6("11", "05a9"),
	 N_IP6 PROTO(17) C6 LATER V6 IP_TOS6 "| malformed later extension", 0},
	{"ip6_extension_cut", ETH("86dd") IP6("0010", "00") "1100010400", N_IP6 C6 V6 IP_TOS6 "| truncated short extension", 20},
	{"ip6_long_extension_cut", ETH("86dd") IP6("0810", "00") "11ff" "010400000000",
	 N_IP6 C6 V6 IP_TOS6 "| truncated short extension", 2100},
	{"ip6_payload_0_of_a_jumbogram", ETH("86dd") IP6("0000", "00") "1100" "c20400010008" UDP("0000"),
	 N_IP6 PROTO(17) C6 V6 DNS IP_TOS6 "| extension", 0},
	{"ip6_payload_beyond_the_frame", ETH("86dd") IP6("0009", "11") UDP("0008"),
	 N_IP6 C6 V6 IP_TOS6 "| malformed", 0},
	{"ip6_version_4", ETH("86dd") "42a00000" "0008" "11" "40" "20010db8000000000000000000000001"
	 "20010db8000000000000000000000002" UDP("0008"), N_IP6 C6 V6 IP_TOS6 "| malformed", 0},
	{"ip6_header_cut", ETH("86dd") "62a000000008114020010db8", N_IP6 "| short", 0},
	{"ip6_in_ip6_outer_only", ETH("86dd") IP6("0030", "29") IP6("0008", "11") UDP("0008"),
	 N_IP6 PROTO(41) C6 V6 IP_TOS6 "| ", 0},

	/* Layer 4 */
	{"tcp_all_flag_bits", ETH("0800") IP4("0028", "0000", "06") "d4310050" "0000000100000002" "5fff" "ffff00000000",
	 N_IP4 PROTO(6) C4 V4 P(54321, 80) "tcp.flags 0x0fff " IP_TOS4 "| ", 0},
	{"tcp_offset_4", ETH("0800") IP4("0028", "0000", "06") "d4310050" "0000000100000002" "4018" "ffff00000000",
	 N_IP4 PROTO(6) C4 V4 P(54321, 80) IP_TOS4 "| malformed", 0},
	{"tcp_offset_beyond_the_payload", ETH("0800") IP4("0028", "0000", "06") "d4310050" "0000000100000002" "6018" "ffff00000000",
	 N_IP4 PROTO(6) C4 V4 HTTP IP_TOS4 "| malformed", 0},
	{"tcp_header_in_the_padding", ETH("0800") IP4("0014", "0000", "06") TCP,
	 N_IP4 PROTO(6) C4 V4 HTTP IP_TOS4 "| malformed", 0},
	{"tcp_ports_cut", ETH("0800") IP4("0017", "2000", "06") "d43100", N_IP4 PROTO(6) C4 FIRST V4 IP_TOS4 "| short", 0},
	{"tcp_tiny_first_fragment", ETH("0800") IP4("001c", "2000", "06") "d431005000000001",
	 N_IP4 PROTO(6) C4 FIRST V4 P(54321, 80) IP_TOS4 "| short", 0},
	{"udp_length_7", ETH("0800") IP4("001c", "0000", "11") UDP("0007"), N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| malformed", 0},
	{"udp_length_0", ETH("0800") IP4("001c", "0000", "11") UDP("0000"), N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| malformed", 0},
	{"udp_length_beyond_the_payload", ETH("0800") IP4("001c", "0000", "11") UDP("0009"),
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| malformed", 0},
	{"udp_length_below_the_payload", ETH("0800") IP4("001e", "0000", "11") UDP("0008") "0000",
	 N_IP4 PROTO(17) C4 V4 DNS IP_TOS4 "| ", 0},
	{"icmp_cut", ETH("0800") IP4("0018", "0000", "01") "08000000", N_IP4 PROTO(1) C4 V4 IP_TOS4 "| short", 0},
	{"icmp6_of_4_bytes", ETH("86dd") IP6("0004", "3a") "01040000", N_IP6 PROTO(58) C6 V6
	 "icmp.type 1 icmp.code 4 " IP_TOS6 "| ", 0},
};
/* clang-format on */

const size_t num_frame_rows = sizeof(frame_rows) / sizeof(frame_rows[0]);

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

size_t frame_bytes(const struct frame_row *row, uint8_t *bytes)
{
	size_t size = strlen(row->hex) / 2;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(nibble(row->hex[2 * i]) << 4 | nibble(row->hex[2 * i + 1]));
	return size;
}
