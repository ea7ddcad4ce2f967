# SPDX-License-Identifier: GPL-2.0-or-later
"""What each nft sends for a rule: the expressions that arrive, in a short form, per version; and
whether the rule can be offloaded as it is sent.

RULES: (rule, ((since version, expressions, answer), ...)). The last entry of which the version is
not above the client's holds. Expressions are None, and the answer is UNKNOWN, where that nft does
not know the rule. LAST_KNOWN is the newest version that was looked at.
"""
from oracle import attributes

OFFLOADED, REFUSED, UNKNOWN = "offloaded", "refused", "nft itself refuses"
LAST_KNOWN = "1.1.7"
BASES = ("ll", "nh", "th", "inner")
COMPARE = ("==", "!=", "<", "<=", ">", ">=")
META = {0: "len", 1: "protocol", 4: "iif", 6: "iifname", 8: "iiftype", 15: "nfproto", 16: "l4proto"}


def number(value):
    return int.from_bytes(value, "big")


def data(value):
    """The bytes of an NFTA_DATA_VALUE, or a verdict."""
    inner = dict(attributes(value))
    return inner[1].hex() if 1 in inner else "verdict"


def short(name, a):
    """One expression. Registers are left out: each of these rules uses one at a time."""
    if name == "payload" and 1 in a:
        return "%s+%d,%d" % (BASES[number(a[2])], number(a[3]), number(a[4]))
    if name == "meta" and 1 in a:
        return META.get(number(a[2]), "meta%d" % number(a[2]))
    if name == "cmp":
        return COMPARE[number(a[2])] + data(a[3])
    if name == "bitwise":
        return "&" + data(a[4])
    if name == "range":
        return ("in " if number(a[2]) == 0 else "not-in ") + data(a[3]) + "-" + data(a[4])
    if name == "immediate":
        return "verdict" if data(a[2]) == "verdict" else "=" + data(a[2])
    return name


def expressions(rule_attributes):
    """An NFT_MSG_NEWRULE's expressions in the short form: "l4proto ==06 th+2,2 ==0050 verdict"."""
    out = []
    for kind, value in attributes(bytes.fromhex(rule_attributes)):
        if kind != 4:
            continue
        for _, element in attributes(value):
            parts = dict(attributes(element))
            out.append(short(parts[1].rstrip(b"\0").decode(), dict(attributes(parts.get(2, b"")))))
    return " ".join(out)


RULES = (
    ("tcp sport 1024 tcp dport 443 drop", (
      ("0.9.8", "l4proto ==06 th+0,4 ==040001bb verdict", REFUSED),)),
    ("tcp dport 443 tcp sport 1024 drop", (
      ("0.9.8", "l4proto ==06 th+0,4 ==040001bb verdict", REFUSED),)),
    ("tcp sport & 0xffff == 1024 tcp dport 443 drop", (
      ("0.9.8", "l4proto ==06 th+0,2 &ffff ==0400 th+2,2 ==01bb verdict", OFFLOADED),)),
    ("ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1 drop", (
      ("0.9.8", "iiftype ==0100 ll+6,8 ==0200000000010800 nh+12,4 ==0a000001 verdict", REFUSED),)),
    ("ip saddr 10.0.0.1 ether saddr 02:00:00:00:00:01 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 iiftype ==0100 ll+6,6 ==020000000001 verdict", OFFLOADED),)),
    ("ether daddr 02:00:00:00:00:02 ether saddr 02:00:00:00:00:01 drop", (
      ("0.9.8", "iiftype ==0100 ll+0,12 ==020000000002020000000001 verdict", REFUSED),)),
    ("ip saddr 10.0.0.1 ip daddr 10.0.0.2 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 nh+16,4 ==0a000002 verdict", OFFLOADED),)),
    ("ip6 saddr 2001:db8::1 ip6 daddr 2001:db8::2 drop", (
      ("0.9.8", "protocol ==86dd nh+8,16 ==20010db8000000000000000000000001 nh+24,16 ==20010db8000000000000000000000002 verdict", OFFLOADED),)),
    ("ip saddr 10.0.0.0/8 drop", (
      ("0.9.8", "protocol ==0800 nh+12,1 ==0a verdict", OFFLOADED),)),
    ("ip saddr 10.1.2.0/23 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 &fffffe00 ==0a010200 verdict", OFFLOADED),)),
    ("ip6 saddr 2001:db8::/32 drop", (
      ("0.9.8", "protocol ==86dd nh+8,4 ==20010db8 verdict", OFFLOADED),)),
    ("ip6 saddr 2001:db8::/33 drop", (
      ("0.9.8", "protocol ==86dd nh+8,16 &ffffffff800000000000000000000000 ==20010db8000000000000000000000000 verdict", OFFLOADED),)),
    ("ip saddr & 255.0.255.0 == 10.0.1.0 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 &ff00ff00 ==0a000100 verdict", OFFLOADED),)),
    ("ip saddr != 10.0.0.0/8 drop", (
      ("0.9.8", "protocol ==0800 nh+12,1 !=0a verdict", REFUSED),)),
    ("tcp dport 80-90 drop", (
      ("0.9.8", "l4proto ==06 th+2,2 >=0050 <=005a verdict", REFUSED),
      ("1.1.3", "l4proto ==06 th+2,2 in 0050-005a verdict", REFUSED),)),
    ("tcp dport != 80-90 drop", (
      ("0.9.8", "l4proto ==06 th+2,2 not-in 0050-005a verdict", REFUSED),)),
    ("ip saddr 10.0.0.1-10.0.0.9 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 >=0a000001 <=0a000009 verdict", REFUSED),
      ("1.1.3", "protocol ==0800 nh+12,4 in 0a000001-0a000009 verdict", REFUSED),)),
    ("ip saddr 10.0.0.0-10.0.0.255 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 >=0a000000 <=0a0000ff verdict", REFUSED),
      ("1.1.3", "protocol ==0800 nh+12,4 in 0a000000-0a0000ff verdict", REFUSED),)),
    ("tcp dport >= 1024 drop", (
      ("0.9.8", "l4proto ==06 th+2,2 >=0400 verdict", REFUSED),)),
    ("tcp dport { 80, 81 } drop", (
      ("0.9.8", "l4proto ==06 th+2,2 lookup verdict", REFUSED),)),
    ("tcp dport { 80 } drop", (
      ("0.9.8", "l4proto ==06 th+2,2 lookup verdict", REFUSED),
      ("1.0.6", "l4proto ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("ip saddr { 10.0.0.0/8 } drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 lookup verdict", REFUSED),
      ("1.0.6", "protocol ==0800 nh+12,1 ==0a verdict", OFFLOADED),)),
    ("tcp dport { 80-90 } drop", (
      ("0.9.8", "l4proto ==06 th+2,2 lookup verdict", REFUSED),
      ("1.0.6", "l4proto ==06 th+2,2 >=0050 <=005a verdict", REFUSED),
      ("1.1.3", "l4proto ==06 th+2,2 in 0050-005a verdict", REFUSED),)),
    ("meta protocol ip tcp dport 80 drop", (
      ("0.9.8", "protocol ==0800 l4proto ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("meta l4proto tcp th dport 80 drop", (
      ("0.9.8", "l4proto ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("ip protocol tcp th dport 80 drop", (
      ("0.9.8", "protocol ==0800 nh+9,1 ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("ip protocol tcp tcp dport 80 drop", (
      ("0.9.8", "protocol ==0800 nh+9,1 ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("meta protocol ip ip saddr 10.0.0.1 drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 verdict", OFFLOADED),)),
    ("ether type ip ip saddr 10.0.0.1 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==0800 nh+12,4 ==0a000001 verdict", OFFLOADED),)),
    ("ether type ip drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==0800 verdict", OFFLOADED),)),
    ("meta protocol ip drop", (
      ("0.9.8", "protocol ==0800 verdict", OFFLOADED),)),
    ("ip6 nexthdr tcp tcp dport 80 drop", (
      ("0.9.8", "protocol ==86dd nh+6,1 ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("vlan id 10 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,2 &0fff ==000a verdict", OFFLOADED),)),
    ("vlan id 10 ip saddr 10.0.0.1 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,2 &0fff ==000a ll+16,2 ==0800 nh+12,4 ==0a000001 verdict", OFFLOADED),)),
    ("vlan pcp 3 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,1 &e0 ==60 verdict", REFUSED),)),
    ("vlan id 10 vlan pcp 3 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,2 &0fff ==000a ll+14,1 &e0 ==60 verdict", REFUSED),)),
    ("ether type 8021ad vlan id 5 drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.0.6", "iiftype ==0100 ll+12,2 ==88a8 ll+14,2 &0fff ==0005 verdict", OFFLOADED),)),
    ("ether type 8021ad vlan id 5 vlan type 8021q vlan id 7 drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.0.6", "iiftype ==0100 ll+12,2 ==88a8 ll+14,2 &0fff ==0005 ll+16,2 ==8100 ll+18,2 &0fff ==0007 verdict", OFFLOADED),)),
    ("vlan id 10 vlan type ip drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,2 &0fff ==000a ll+16,2 ==0800 verdict", OFFLOADED),)),
    ("vlan id 10 tcp dport 80 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+14,2 &0fff ==000a l4proto ==06 th+2,2 ==0050 verdict", OFFLOADED),)),
    ("ether type vlan ip saddr 10.0.0.1 drop", (
      ("0.9.8", "iiftype ==0100 ll+12,2 ==8100 ll+16,2 ==0800 nh+12,4 ==0a000001 verdict", OFFLOADED),)),
    ("icmp type echo-request drop", (
      ("0.9.8", "protocol ==0800 l4proto ==01 th+0,1 ==08 verdict", REFUSED),)),
    ("icmpv6 type echo-request drop", (
      ("0.9.8", "protocol ==86dd l4proto ==3a th+0,1 ==80 verdict", REFUSED),)),
    ("tcp flags syn drop", (
      ("0.9.8", "l4proto ==06 th+13,1 &02 !=00 verdict", REFUSED),)),
    ("tcp flags & (syn|ack) == syn drop", (
      ("0.9.8", "l4proto ==06 th+13,1 &12 ==02 verdict", REFUSED),)),
    ("tcp flags syn / syn,ack drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.0.6", "l4proto ==06 th+13,1 &12 ==02 verdict", REFUSED),)),
    ("ip dscp cs1 drop", (
      ("0.9.8", "protocol ==0800 nh+1,1 &fc ==20 verdict", REFUSED),)),
    ("ip6 dscp cs1 drop", (
      ("0.9.8", "protocol ==86dd nh+0,2 &0fc0 ==0200 verdict", REFUSED),)),
    ("ip ttl 64 drop", (
      ("0.9.8", "protocol ==0800 nh+8,1 ==40 verdict", REFUSED),)),
    ("ip frag-off & 0x1fff == 0 drop", (
      ("0.9.8", "protocol ==0800 nh+6,2 &1fff ==0000 verdict", REFUSED),)),
    ("arp operation request drop", (
      ("0.9.8", "protocol ==0806 nh+6,2 ==0001 verdict", REFUSED),)),
    ("arp saddr ip 10.0.0.1 drop", (
      ("0.9.8", "protocol ==0806 nh+14,4 ==0a000001 verdict", REFUSED),)),
    ("iif lo drop", (
      ("0.9.8", "iif ==01000000 verdict", OFFLOADED),)),
    ("iifname eth0 drop", (
      ("0.9.8", "iifname ==65746830000000000000000000000000 verdict", REFUSED),)),
    ("iiftype ether drop", (
      ("0.9.8", "iiftype ==0100 verdict", OFFLOADED),)),
    ("@th,16,16 80 drop", (
      ("0.9.8", "th+2,2 ==0050 verdict", REFUSED),)),
    ("@nh,96,32 0x0a000001 drop", (
      ("0.9.8", "nh+12,4 ==0a000001 verdict", REFUSED),)),
    ("@ll,0,48 0x20000000001 drop", (
      ("0.9.8", "ll+0,6 ==020000000001 verdict", OFFLOADED),)),
    ("@ih,0,8 1 drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.0.6", "inner+0,1 ==01 verdict", REFUSED),)),
    ("ether saddr 02:00:00:00:00:01 drop", (
      ("0.9.8", "iiftype ==0100 ll+6,6 ==020000000001 verdict", OFFLOADED),)),
    ("udp length 20 drop", (
      ("0.9.8", "l4proto ==11 th+4,2 ==0014 verdict", REFUSED),)),
    ("udp dport 4789 vxlan vni 5 drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.1.3", "l4proto ==11 th+2,2 ==12b5 inner ==000005 verdict", REFUSED),)),
    ("meta mark 5 drop", (
      ("0.9.8", "meta3 ==05000000 verdict", REFUSED),)),
    ("meta length 100 drop", (
      ("0.9.8", "len ==64000000 verdict", REFUSED),)),
    ('ip saddr 10.0.0.1 counter drop comment "x"', (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 counter verdict", OFFLOADED),)),
    ("ip saddr 10.0.0.1 ip protocol tcp drop", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 nh+9,1 ==06 verdict", OFFLOADED),)),
    ("ip length 40 ip id 5 drop", (
      ("0.9.8", "protocol ==0800 nh+2,4 ==00280005 verdict", REFUSED),)),
    ("last drop", (
      ("0.9.8", None, UNKNOWN),
      ("1.1.3", "last verdict", REFUSED),)),
    ("tcp option maxseg exists drop", (
      ("0.9.8", "l4proto ==06 exthdr ==01 verdict", REFUSED),
      ("1.0.6", "exthdr ==01 verdict", REFUSED),)),
    ("ip version 4 drop", (
      ("0.9.8", "protocol ==0800 nh+0,1 &f0 ==40 verdict", REFUSED),)),
    ("tcp sport 1 tcp dport 2 ip saddr 1.1.1.1 drop", (
      ("0.9.8", "l4proto ==06 th+0,4 ==00010002 protocol ==0800 nh+12,4 ==01010101 verdict", REFUSED),)),
    ("sctp dport 5 drop", (
      ("0.9.8", "l4proto ==84 th+2,2 ==0005 verdict", REFUSED),)),
    ("th dport 53 drop", (
      ("0.9.8", "th+2,2 ==0035 verdict", REFUSED),)),
    ("tcp dport 80 reject", (
      ("0.9.8", "l4proto ==06 th+2,2 ==0050 reject", REFUSED),)),
    ("ip saddr 10.0.0.1 return", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 verdict", REFUSED),)),
    ("ip saddr 10.0.0.1 continue", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001 verdict", REFUSED),)),
    ("ip saddr 10.0.0.1", (
      ("0.9.8", "protocol ==0800 nh+12,4 ==0a000001", REFUSED),)),
)
