# SPDX-License-Identifier: GPL-2.0-or-later
"""Vectors of offload as nft text: what a kernel answers, when, and what its driver is handed.

AT_MESSAGE: refused when the rule or chain is sent; AT_COMMIT: later, and blamed on the batch's first
message. A driver's view is one line: protocol, KEY.field=value/mask …, actions.
"""
from collections import namedtuple

AT_MESSAGE, AT_COMMIT, ACCEPTED = "at its message", "at commit", "accepted"

RIGHT, WRONG = "6.12.107", "6.12.95"  # short-load masks

Chain = namedtuple("Chain", "text answer kernel", defaults=(RIGHT,))
Rule = namedtuple("Rule", "text answer view kernel", defaults=(None, RIGHT))
Elsewhere = namedtuple("Elsewhere", "what file test")
NotThere = namedtuple("NotThere", "what reason")


def base(rest="", hook="ingress", device="eth0", priority=10, name="c", table="t", family="netdev"):
    return "table %s %s { chain %s { type filter hook %s device %s priority %s; flags offload; %s }; }" % (
        family, table, name, hook, device, priority, rest)


CHAINS = [
    Chain(base(), ACCEPTED),
    Chain(base(priority=0), AT_MESSAGE),
    Chain(base(priority=-1), AT_MESSAGE),
    Chain(base(priority=1), ACCEPTED),
    Chain(base(priority=65535), ACCEPTED),
    Chain(base(priority=65536), AT_MESSAGE),
    Chain(base("policy drop;"), AT_COMMIT),
    Chain(base("policy accept;"), ACCEPTED),
    Chain(base(hook="egress"), AT_MESSAGE),
    Chain(base(hook="ingress", family="inet"), AT_MESSAGE),
    Chain("table netdev t { chain c { flags offload; }; }", AT_MESSAGE),
]

N4 = "BASIC.n_proto=0x0800/0xffff"
C4, C6 = "CONTROL.addr_type=2/0xffff", "CONTROL.addr_type=3/0xffff"
N6 = "BASIC.n_proto=0x86dd/0xffff"
IIFTYPE = "META.ingress_iftype=1/0xffff"
TAG = "VLAN.vlan_tpid=0x8100/0xffff"
ID10 = "VLAN.vlan_id=10/0xfff"


def proto(number):
    return "BASIC.ip_proto=%d/0xff" % number


RULES = [
    Rule("ip saddr 10.0.0.0/8 drop", ACCEPTED,
         ("0x0800", N4, C4, "IPV4_ADDRS.src=10.0.0.0/255.0.0.0", "DROP")),
    Rule("ip saddr 10.16.0.0/12 accept", ACCEPTED,
         ("0x0800", N4, C4, "IPV4_ADDRS.src=10.16.0.0/255.240.0.0", "ACCEPT")),
    Rule("tcp dport 80 drop", ACCEPTED, ("0x0000", proto(6), "PORTS.dst=80/0xffff", "DROP")),
    Rule("udp sport 53 counter accept", ACCEPTED, ("0x0000", proto(17), "PORTS.src=53/0xffff", "ACCEPT")),
    Rule("tcp sport & 0xffff == 80 tcp dport 81 drop", ACCEPTED,
         ("0x0000", proto(6), "PORTS.src=80/0xffff", "PORTS.dst=81/0xffff", "DROP")),
    Rule("iif eth0 drop", ACCEPTED, ("0x0000", "META.ingress_ifindex=2/0xffffffff", "DROP")),
    Rule("ether saddr 02:00:00:00:00:01 drop", ACCEPTED,
         ("0x0000", IIFTYPE, "ETH_ADDRS.src=02:00:00:00:00:01/ff:ff:ff:ff:ff:ff", "DROP")),
    Rule("vlan id 10 drop", ACCEPTED, ("0x8100", IIFTYPE, ID10, TAG, "DROP")),
    Rule("vlan id 10 ip daddr 1.2.3.4 drop", ACCEPTED,
         ("0x0800", IIFTYPE, N4, C4, ID10, TAG, "IPV4_ADDRS.dst=1.2.3.4/255.255.255.255", "DROP")),
    Rule("ether type 8021ad vlan id 5 vlan type 8021q vlan id 7 drop", ACCEPTED,
         ("0x8100", IIFTYPE, "VLAN.vlan_id=5/0xfff", "VLAN.vlan_tpid=0x88a8/0xffff", "CVLAN.vlan_id=7/0xfff",
          "CVLAN.vlan_tpid=0x8100/0xffff", "DROP")),
    Rule("meta protocol vlan drop", ACCEPTED, ("0x8100", TAG, "DROP")),
    Rule("ip6 saddr 2001:db8::/64 drop", ACCEPTED,
         ("0x86dd", N6, C6, "IPV6_ADDRS.src=2001:db8::/ffff:ffff:ffff:ffff::", "DROP")),
    Rule("ip6 saddr 2001:db8::/64 drop", ACCEPTED,
         ("0x86dd", N6, C6, "IPV6_ADDRS.src=2001:db8::/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "DROP"), WRONG),
    Rule("ip6 saddr 2001:db8::/36 drop", ACCEPTED,
         ("0x86dd", N6, C6, "IPV6_ADDRS.src=2001:db8::/ffff:ffff:f000::", "DROP"), WRONG),
    Rule("ip saddr 1.1.1.1 ip saddr 2.2.2.2 drop", ACCEPTED,
         ("0x0800", N4, C4, "IPV4_ADDRS.src=2.2.2.2/255.255.255.255", "DROP")),
    Rule("fwd to eth1", ACCEPTED, ("0x0000", "REDIRECT eth1")),
    Rule("dup to eth1", ACCEPTED, ("0x0000", "MIRRED eth1")),
    Rule("dup to eth1 accept", ACCEPTED, ("0x0000", "MIRRED eth1", "ACCEPT")),
    # raw loads: one byte of a field, three, five; two at LL+18
    Rule("meta l4proto tcp @th,0,8 1 drop", ACCEPTED, ("0x0000", proto(6), "PORTS.src=256/0xff00", "DROP")),
    Rule("meta l4proto tcp @th,0,8 1 drop", ACCEPTED, ("0x0000", proto(6), "PORTS.src=256/0xffff", "DROP"), WRONG),
    Rule("@ll,96,8 8 drop", ACCEPTED, ("0x0800", "BASIC.n_proto=0x0800/0xff00", "DROP")),
    Rule("meta protocol ip @nh,96,24 0x0a0000 drop", ACCEPTED,
         ("0x0800", N4, C4, "IPV4_ADDRS.src=10.0.0.0/255.255.255.0", "DROP")),
    Rule("meta protocol ip6 @nh,64,40 0x20010db801 drop", ACCEPTED,
         ("0x86dd", N6, C6, "IPV6_ADDRS.src=2001:db8:100::/ffff:ffff:ff00::", "DROP")),
    Rule("@ll,144,16 0x00a drop", ACCEPTED,
         ("0x0000", "CVLAN.vlan_id=10/0xfff", "CVLAN.vlan_dei=0/0x1", "CVLAN.vlan_priority=0/0x7", "DROP")),
    Rule("insert: ip saddr 1.1.1.1 drop", AT_COMMIT),
    Rule("replace: ip saddr 1.1.1.1 drop", AT_COMMIT),
]

RULES += [Rule(text, AT_MESSAGE) for text in (
    "counter", "ip saddr 1.1.1.1", "ip saddr 1.1.1.1 continue", "return",
    "ip saddr != 1.1.1.1 drop", "tcp dport 80-90 drop", "tcp dport { 80, 443 } drop", "iifname \"eth0\" drop",
    "tcp flags syn drop", "icmp type 8 drop", "ip ttl 1 drop", "limit rate 1/second drop", "log drop", "jump x",
    "sctp dport 1 drop", "ip dscp 1 drop", "ip6 hoplimit 1 drop", "meta mark 1 drop", "meta length 100 drop",
    "meta iiftype loopback drop", "ip saddr set 1.1.1.1 drop", "quota 1 mbytes drop", "counter name z drop",
    "tcp sport 80 tcp dport 81 drop", "ether saddr 02:00:00:00:00:01 ether daddr 02:00:00:00:00:02 drop",
    "ether saddr 02:00:00:00:00:01 vlan id 7 drop", "vlan pcp 3 drop", "vlan dei 1 drop", "ip frag-off 1 drop",
    "ether type != ip drop", "@ll,8,8 1 drop", "@ll,176,16 1 drop", "meta l4proto udp @th,32,16 8 drop",
    "meta protocol ip @nh,96,64 1 drop", "meta protocol arp @nh,96,32 1 drop", "@nh,96,32 1 drop",
    "numgen random mod 2 0 drop", "ip saddr @s drop", "fwd ip to 1.1.1.1 device eth1", "notrack drop",
    "meta mark set 1 accept", "goto x", "reject", "add @s { ip saddr } drop")]

# Shown by a unit test with a driver that refuses, or in a second listing.
ELSEWHERE = [
    Elsewhere("a second offload chain on one port", "asic/test_bindings.c", "a_second_block_on_a_port_is_busy"),
    Elsewhere("ENOSPC for rule 3 of 5, chain made in the batch", "control/test_nft_offload.c",
              "a_refusal_in_a_new_chain_is_undone_backwards_and_told_at_the_first_message"),
    Elsewhere("the same in a chain that was there", "control/test_nft_offload.c",
              "a_refusal_in_an_old_chain_leaves_its_rules"),
    Elsewhere("delete chain with 2 rules", "control/test_nft_offload.c",
              "deleting_a_chain_destroys_its_rules_twice"),
    Elsewhere("list rules twice", "control/test_nft_offload.c", "each_listing_adds_what_came_since_the_last"),
    Elsewhere("fwd to an index that no device has", "translate/test_translate.c",
              "refuses_an_unknown_target_interface"),
    Elsewhere("a protocol that another register's comparison has used up", "translate/test_translate.c",
              "refuses_a_dependency_that_another_comparison_has_used_up"),
]

NOT_THERE = [NotThere(what, "flowtables are not there yet: NEWFLOWTABLE is refused") for what in (
    "flowtable offload on a device without support", "flow add for TCP with source NAT: eight actions a direction",
    "a driver that refuses one direction of a flow", "a driver that refuses both directions of a flow")]
