# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules in nft's own language at random, from a seed: every match and statement that nft 1.0.6 knows.

A rule is a list of parts, each a name ("ct state", "dup", …) and its text, so that a test can ask
about one part alone. Tables called t with the chains and objects of WORLD must exist; the families
have the same names in them. LIKELY parts are those that a kernel may offload; they are drawn more
often, so that enough rules are accepted.
"""
import random
import re

FAMILIES = ("netdev", "ip", "ip6", "inet", "bridge", "arp")

# Chains of each family's table: o is flagged for offload, p is not, n is of type nat, r regular.
HOOKS = {"netdev": 'ingress device "nosuch0"', "ip": "input", "ip6": "input", "inet": "input",
         "bridge": "input", "arp": "input"}
CHAINS = {"netdev": "opr", "ip": "opnfr", "ip6": "opnfr", "inet": "opnfr", "bridge": "opr", "arp": "opr"}
DEFINITIONS = {
    "o": "type filter hook {hook} priority 10; flags offload;",
    "p": "type filter hook {hook} priority 20;",
    "n": "type nat hook prerouting priority 30;",
    "f": "type filter hook forward priority 40;",
    "r": "",
}
OBJECTS = """
    counter cnt {{ }}
    quota qta {{ over 1 mbytes }}
    limit lim {{ rate 5/second }}
    set s4 {{ type ipv4_addr; elements = {{ 10.0.0.1, 10.0.0.2 }} }}
    set s6 {{ type ipv6_addr; elements = {{ 2001:db8::1 }} }}
    set i4 {{ type ipv4_addr; flags interval; elements = {{ 10.0.0.0/8, 172.16.0.1-172.16.0.9 }} }}
    set sp {{ type inet_service; elements = {{ 80, 443 }} }}
    set sc {{ type ipv4_addr . inet_service; elements = {{ 10.0.0.1 . 80 }} }}
    set se {{ type ether_addr; elements = {{ 02:00:00:00:00:01 }} }}
    set d4 {{ type ipv4_addr; flags dynamic; size 128; }}
    set dt {{ type ipv4_addr; flags dynamic,timeout; size 128; }}
    set dc {{ type ipv4_addr . inet_service; flags dynamic; size 128; }}
    map m4 {{ type ipv4_addr : mark; elements = {{ 10.0.0.1 : 5 }} }}
    map mv {{ type ipv4_addr : verdict; elements = {{ 10.0.0.1 : drop, 10.0.0.2 : accept }} }}
    map mp {{ type inet_service : verdict; elements = {{ 80 : drop }} }}
    map mc {{ type ipv4_addr : counter; elements = {{ 10.0.0.1 : "cnt" }} }}
    map dm {{ type ipv4_addr : mark; flags dynamic; size 128; }}
"""
# Tried one at a time, as kernels and builds differ in them.
OPTIONAL_OBJECTS = [
    'add ct helper {family} t hlp {{ type "ftp" protocol tcp; l3proto ip; }}',
    "add ct timeout {family} t tmo {{ protocol tcp; l3proto ip; policy = {{ established : 120 }} ; }}",
    "add ct expectation {family} t exp {{ protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }}",
    "add synproxy {family} t syn {{ mss 1460; wscale 7; timestamp; sack-permitted; }}",
    'add secmark {family} t sec {{ "system_u:object_r:firewalld_exec_t:s0" }}',
]


def world():
    """The tables that the rules go to: a script, and commands of which some may be refused."""
    text, optional = [], []
    for family in FAMILIES:
        text.append("table %s t {" % family)
        text.append(OBJECTS.format())
        for chain in CHAINS[family][::-1]:
            text.append("    chain %s {" % chain)
            text.append("        " + DEFINITIONS[chain].format(hook=HOOKS[family]))
            text.append("    }")
        text.append("}")
        optional += [command.format(family=family) for command in OPTIONAL_OBJECTS]
    return "\n".join(text) + "\n", optional


# ---- values: what may stand to the right of a field ---------------------------------------------

NAMED = {
    "ethertype": ["ip", "ip6", "arp", "8021q", "8021ad", "vlan", "0x88cc", "0x8863"],
    "protocol": ["tcp", "udp", "icmp", "sctp", "icmpv6", "esp", "47", "255"],
    "service": ["80", "443", "ssh", "domain", "0", "65535"],
    "icmp_type": ["echo-request", "echo-reply", "destination-unreachable", "time-exceeded", "42"],
    "icmp_code": ["net-unreachable", "host-unreachable", "prot-unreachable", "7"],
    "icmpv6_type": ["echo-request", "nd-router-solicit", "packet-too-big", "mld-listener-query", "200"],
    "icmpv6_code": ["no-route", "admin-prohibited", "addr-unreachable", "5"],
    "igmp_type": ["membership-query", "membership-report-v1", "leave-group"],
    "operation": ["request", "reply", "rrequest", "inrequest", "7"],
    "tcpflag": ["syn", "ack", "fin", "rst", "syn | ack", "0x3f"],
    "dscp": ["cs1", "af11", "ef", "0x20", "3"],
    "ecn": ["ect0", "ce", "not-ect"],
    "dccptype": ["request", "response", "data", "reset"],
    "gretype": ["ip", "ip6", "0x6558"],
    "iface": ["lo"],
    "ifname": ['"lo"', '"eth0"', '"veth*"', '"a.b"'],
    "ifkind": ['"vxlan"', '"dummy"'],
    "iftype": ["ether", "loopback", "ppp", "sit"],
    "pkttype": ["host", "broadcast", "multicast", "other"],
    "nfproto": ["ipv4", "ipv6"],
    "ctstate": ["new", "established", "established,related", "invalid", "untracked"],
    "ctstatus": ["assured", "snat", "dnat", "confirmed,seen-reply"],
    "ctdir": ["original", "reply"],
    "ctevent": ["new", "new,destroy", "assured"],
    "boolean": ["1", "0"],
    "presence": ["exists", "missing"],
    "fibtype": ["local", "unicast", "broadcast", "multicast"],
    "day": ['"Monday"', '"Saturday"', "5"],
    "hour": ['"10:00"', '"23:59"'],
    "time": ['"2024-05-06 07:08:09"', "1700000000"],
    "uid": ["0", "1000", "65534"],
    "devgroup": ["default", "5"],
    "realm": ["5", "0x10"],
    "classid": ["1:2", "root", "none"],
    "label": ["5", "127"],
    "helper": ['"ftp"', '"sip"'],
    "osname": ['"Linux"', '"Windows"', '"unknown"'],
    "mhtype": ["binding-update", "home-test-init", "careof-test"],
    "ifgroup": ["default", "7"],
    "exthdrmask": ["hbh", "frag", "dst"],
}
BITS = {"u1": 1, "u2": 2, "u3": 3, "u4": 4, "u6": 6, "u8": 8, "u12": 12, "u13": 13, "u16": 16, "u20": 20,
        "u24": 24, "u32": 32, "u64": 64}
MASKS = {"ip4": ["255.0.0.0", "255.0.255.0", "255.255.255.255", "0.0.0.1", "255.255.0.0"],
         "ip6": ["ffff::", "::ffff", "ffff:ffff:ffff:ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
         "mac": ["ff:ff:ff:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:00:00:00:00"],
         "service": ["0xff00", "0xffff", "0x00ff", "0x1"]}
RANGED = {"ip4", "ip6", "service", "mac", "dscp"} | {"u%d" % n for n in (8, 12, 13, 16, 20, 24, 32, 64)}

# ---- fields -------------------------------------------------------------------------------------

PAYLOAD = {
    "ether": "saddr:mac daddr:mac type:ethertype",
    "vlan": "id:u12 pcp:u3 dei:u1 cfi:u1 type:ethertype",
    "arp": "htype:u16 ptype:ethertype hlen:u8 plen:u8 operation:operation saddr_ether:mac daddr_ether:mac "
           "saddr_ip:ip4 daddr_ip:ip4",
    "ip": "version:u4 hdrlength:u4 dscp:dscp ecn:ecn length:u16 id:u16 frag-off:u13 ttl:u8 protocol:protocol "
          "checksum:u16 saddr:ip4 daddr:ip4",
    "ip6": "version:u4 dscp:dscp ecn:ecn flowlabel:u20 length:u16 nexthdr:protocol hoplimit:u8 saddr:ip6 "
           "daddr:ip6",
    "icmp": "type:icmp_type code:icmp_code checksum:u16 id:u16 sequence:u16 mtu:u16 gateway:u32",
    "igmp": "type:igmp_type checksum:u16 mrt:u8 group:ip4",
    "icmpv6": "type:icmpv6_type code:icmpv6_code checksum:u16 parameter-problem:u32 packet-too-big:u32 id:u16 "
              "sequence:u16 max-delay:u16",
    "auth": "nexthdr:protocol hdrlength:u8 reserved:u16 spi:u32 sequence:u32",
    "comp": "nexthdr:protocol flags:u8 cpi:u16",
    "esp": "spi:u32 sequence:u32",
    "dccp": "sport:service dport:service type:dccptype",
    "sctp": "sport:service dport:service vtag:u32 checksum:u32",
    "tcp": "sport:service dport:service sequence:u32 ackseq:u32 doff:u4 reserved:u4 flags:tcpflag window:u16 "
           "checksum:u16 urgptr:u16",
    "udp": "sport:service dport:service length:u16 checksum:u16",
    "udplite": "sport:service dport:service checksum:u16",
    "th": "sport:service dport:service",
    "gre": "flags:u4 version:u3 protocol:gretype",
    "geneve": "vni:u24 type:ethertype",
    "vxlan": "vni:u24 flags:u8",
}
SCTP_CHUNKS = "data type:u8 data flags:u8 init num-outbound-streams:u16 sack cum-tsn-ack:u32 abort flags:u8 " \
              "error length:u16 heartbeat type:u8"
META = ("length:u32 nfproto:nfproto l4proto:protocol protocol:ethertype priority:classid mark:u32 iif:iface "
        "iifname:ifname iiftype:iftype oif:iface oifname:ifname oiftype:iftype skuid:uid skgid:uid nftrace:boolean "
        "rtclassid:realm ibrname:ifname obrname:ifname pkttype:pkttype cpu:u32 iifgroup:ifgroup oifgroup:ifgroup "
        "cgroup:u32 random:u32 ipsec:presence iifkind:ifkind oifkind:ifkind sdif:iface sdifname:ifname time:time "
        "day:day hour:hour secpath:presence ibrpvid:u12 ibrvproto:ethertype")
BRIDGE_KEYS = ("meta ibr", "meta obr")
BARE_META = "mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid pkttype cpu iifgroup " \
            "oifgroup cgroup".split()
CT = ("state:ctstate direction:ctdir status:ctstatus mark:u32 expiration:time_s helper:helper l3proto:nfproto "
      "protocol:protocol bytes:u64 packets:u64 avgpkt:u64 zone:u16 id:u32 count:u8 label:label "
      "original_ip_saddr:ip4 reply_ip_daddr:ip4 original_ip6_saddr:ip6 reply_ip6_daddr:ip6 "
      "original_proto-src:u16 reply_proto-dst:u16 original_bytes:u64 reply_packets:u64 "
      "original_zone:u16 original_l3proto:nfproto original_protocol:protocol")
EXTHDR = {
    "hbh": "nexthdr:protocol hdrlength:u8", "dst": "nexthdr:protocol hdrlength:u8",
    "rt": "nexthdr:protocol hdrlength:u8 type:u8 seg-left:u8", "rt0": "addr[1]:ip6",
    "rt2": "addr:ip6", "srh": "last-entry:u8 flags:u8 tag:u16 sid[1]:ip6",
    "frag": "nexthdr:protocol reserved:u8 frag-off:u13 more-fragments:u1 id:u32",
    "mh": "nexthdr:protocol hdrlength:u8 type:mhtype reserved:u8 checksum:u16",
}
TCP_OPTIONS = ("maxseg kind:u8 maxseg length:u8 maxseg size:u16 window kind:u8 window count:u8 "
               "sack left:u32 sack0 right:u32 timestamp tsval:u32 timestamp tsecr:u32")
IP_OPTIONS = "lsrr type:u8 lsrr ptr:u8 lsrr addr:u32 ra value:u16 rr length:u8 rr addr:u32 ssrr addr:u32"


def _fields(head, text):
    """(name, type) of "a:x b c:y …"; words without a colon belong to the next one."""
    out, words = [], []
    for word in text.split():
        words.append(word.split(":")[0])
        if ":" in word:
            field = " ".join(words).replace("_", " ")
            out.append(((head + " " + field).strip(), word.split(":")[1]))
            words = []
    return out


GROUPS = {
    "payload": [field for head, text in PAYLOAD.items() for field in _fields(head, text)] +
               _fields("sctp chunk", SCTP_CHUNKS),
    "meta": _fields("meta", META) + [(name.replace("meta ", ""), kind) for name, kind in _fields("meta", META)
                                     if name.split()[1] in BARE_META],
    "ct": _fields("ct", CT),
    "exthdr": [field for head, text in EXTHDR.items() for field in _fields(head, text)],
    "tcp option": _fields("tcp option", TCP_OPTIONS),
    "ip option": _fields("ip option", IP_OPTIONS),
    "fib": [("fib saddr oif", "iface"), ("fib daddr oifname", "ifname"), ("fib daddr type", "fibtype"),
            ("fib saddr . iif oif", "presence"), ("fib daddr . iif type", "fibtype"),
            ("fib saddr . mark . iif oif", "iface"), ("fib daddr . oif type", "fibtype"),
            ("fib saddr . daddr oif", "iface"), ("fib saddr . mark oifname", "ifname")],
    "rt": [("rt classid", "realm"), ("rt nexthop", "ip4"), ("rt ip nexthop", "ip4"), ("rt ip6 nexthop", "ip6"),
           ("rt mtu", "u16"), ("rt ipsec", "presence")],
    "socket": [("socket transparent", "boolean"), ("socket mark", "u32"), ("socket wildcard", "boolean")],
    "osf": [("osf name", "osname"), ("osf ttl loose name", "osname"), ("osf ttl skip name", "osname")],
    "numgen": [("numgen inc mod 16", "u4"), ("numgen random mod 16 offset 3", "u4"), ("numgen random mod 100", "u6")],
    "hash": [("jhash ip saddr mod 16", "u4"), ("jhash ip saddr . tcp dport mod 16 seed 0xdead offset 4", "u4"),
             ("jhash ether saddr mod 7", "u2"), ("jhash ip6 saddr mod 7", "u2"), ("symhash mod 16", "u4"),
             ("symhash mod 16 offset 100", "u8")],
    "xfrm": [("ipsec in reqid", "u32"), ("ipsec out spi", "u32"), ("ipsec in ip saddr", "ip4"),
             ("ipsec in spnum 2 ip6 daddr", "ip6")],
    "raw": [("@ll,0,48", "u32"), ("@ll,48,48", "u32"), ("@ll,96,16", "u16"), ("@ll,112,16", "u16"),
            ("@nh,72,8", "u8"), ("@nh,96,32", "u32"), ("@nh,128,32", "u32"), ("@nh,64,8", "u8"), ("@nh,96,16", "u16"),
            ("@nh,64,128", "u32"), ("@nh,192,128", "u32"), ("@th,0,16", "u16"), ("@th,16,16", "u16"),
            ("@th,0,32", "u32"), ("@th,4,7", "u6"), ("@th,0,8", "u8"), ("@nh,0,4", "u4"), ("@ih,0,32", "u32")],
}
PRESENT = ["exthdr %s exists" % h for h in ("hbh", "dst", "rt", "frag", "mh")] + ["exthdr hbh missing", "tcp option maxseg exists",
           "tcp option sack-perm missing", "ip option lsrr exists", "ip option ra missing",
           "tcp option 42 exists", "sctp chunk data exists", "sctp chunk init missing",
           "tcp option nop exists", "tcp option eol missing",
           "tcp option @34,16,16 0x1234"]  # nft 1.0.6 lists no set of this without a crash
# Fields that kernels offload.
LIKELY = {
    "l2": [("ether saddr", "mac"), ("ether daddr", "mac"), ("ether type", "ethertype"), ("vlan id", "u12"),
           ("meta iiftype", "iftype"), ("iif", "iface"), ("meta protocol", "ethertype")],
    "ip": [("ip saddr", "ip4"), ("ip daddr", "ip4"), ("ip protocol", "protocol")],
    "ip6": [("ip6 saddr", "ip6"), ("ip6 daddr", "ip6"), ("ip6 nexthdr", "protocol")],
    "l4": [("tcp sport", "service"), ("tcp dport", "service"), ("udp sport", "service"), ("udp dport", "service"),
           ("meta l4proto", "protocol"), ("sctp dport", "service"), ("icmp type", "icmp_type"), ("th dport", "service")],
}

# ---- statements ---------------------------------------------------------------------------------

STATEMENTS = {
    "counter": ["counter", "counter packets 5 bytes 700", "counter name cnt", "counter name nonesuch",
                'counter name ip saddr map { 10.0.0.1 : "cnt" }', "counter name ip saddr map @mc"],
    "quota": ["quota over 5 mbytes", "quota until 1 kbytes used 5 bytes", "quota 10 bytes", "quota name qta"],
    "limit": ["limit rate 5/second", "limit rate over 10/minute burst 3 packets", "limit rate 1 mbytes/second",
              "limit rate 400/week", "limit rate over 40 kbytes/day burst 100 bytes", "limit name lim",
              "limit rate 4294967295/second burst 4294967295 packets"],
    "connlimit": ["ct count 5", "ct count over 20"],
    "log": ["log", 'log prefix "a b " level warn', "log group 5 snaplen 80 queue-threshold 3", "log flags all",
            "log flags tcp sequence,options", "log level audit", "log flags ip options", "log flags ether flags skuid"],
    "reject": ["reject", "reject with tcp reset", "reject with icmp host-unreachable", "reject with icmpv6 no-route",
               "reject with icmpx admin-prohibited", "reject with icmpx type 7", "reject with icmp type 3"],
    "queue": ["queue", "queue num 5", "queue num 1-4 fanout,bypass", "queue flags bypass to 3",
              "queue to numgen inc mod 4", "queue flags bypass to jhash ip saddr mod 4"],
    "nat": ["snat to 10.0.0.1", "meta l4proto tcp dnat to 10.0.0.1:80", "snat ip to 10.0.0.1-10.0.0.9",
            "meta l4proto tcp dnat ip6 to [2001:db8::1]:80", "meta l4proto udp dnat to :80", "dnat to 10.0.0.1 persistent",
            "snat ip6 to 2001:db8::1", "meta l4proto tcp snat to 10.0.0.1:1024-2048 random,fully-random",
            "dnat ip prefix to ip daddr map { 10.0.0.0/8 : 192.168.0.0/16 }",
            "dnat ip to tcp dport map { 80 : 10.0.0.1 }", "dnat ip addr . port to tcp dport map { 80 : 10.0.0.1 . 8080 }"],
    "masquerade": ["masquerade", "meta l4proto tcp masquerade to :1024-2048", "masquerade random,persistent"],
    "redirect": ["redirect", "meta l4proto tcp redirect to :8080", "meta l4proto udp redirect to :80-90 random", "redirect to tcp dport map { 80 : 8080 }"],
    "dup": ["dup to lo", "dup to lo", "dup to 10.0.0.1", "dup to 10.0.0.1 device lo", "dup to 2001:db8::1",
            "dup to 2001:db8::1 device lo"],
    "fwd": ["fwd to lo", "fwd ip to 10.0.0.1 device lo", "fwd ip6 to 2001:db8::1 device lo", "fwd to iif"],
    "tproxy": ["meta l4proto tcp tproxy to :80", "meta l4proto tcp tproxy to 10.0.0.1",
               "meta l4proto udp tproxy ip to 10.0.0.1:80", "meta l4proto tcp tproxy ip6 to [2001:db8::1]:80",
               "meta l4proto tcp tproxy to :tcp dport map { 80 : 8080 }"],
    "notrack": ["notrack"],
    "synproxy": ["synproxy", "synproxy mss 1460 wscale 7 timestamp sack-perm", "synproxy name syn"],
    "flow": ["flow add @ft", "flow offload @ft"],
    "ct object": ['ct helper set "hlp"', 'ct timeout set "tmo"', 'ct expectation set "exp"',
                  'ct helper set ip saddr map { 10.0.0.1 : "hlp" }'],
    "ct set": ["ct mark set 5", "ct mark set meta mark", "ct mark set ct mark | 0x1", "ct zone set 5",
               "ct original zone set 3", "ct event set new,destroy", "ct label set 5", "ct secmark set meta secmark",
               "ct mark set ip saddr map @m4", "ct mark set jhash ip saddr mod 4"],
    "meta set": ["meta mark set 5", "mark set meta mark and 0xff", "meta priority set 1:2", "meta pkttype set host",
                 "meta nftrace set 1", "meta mark set ct mark", "meta mark set ip saddr map { 10.0.0.1 : 5 }",
                 "meta mark set numgen inc mod 4 offset 3", "meta secmark set ct secmark", 'meta secmark set "sec"',
                 "meta mark set 0x10 | 0x01", "meta mark set meta mark ^ 0x5", "meta mark set meta mark << 8",
                 "meta mark set ip dscp", "meta priority set ip dscp map { cs1 : 1:2 }"],
    "payload set": ["ip ttl set 5", "ip dscp set cs1", "ip saddr set 10.0.0.1", "ip6 hoplimit set 5", "tcp dport set 80",
                    "udp checksum set 0", "ether saddr set 02:00:00:00:00:01", "vlan id set 5", "vlan pcp set 3",
                    "ip6 daddr set 2001:db8::1", "@th,0,16 set 5", "ip ecn set ce", "tcp flags set syn",
                    "arp saddr ip set 10.0.0.1", "icmp id set 5", "@nh,8,1 set 1", "ip6 dscp set ef",
                    "ip daddr set ip saddr map { 10.0.0.1 : 10.0.0.2 }", "udp sport set numgen inc mod 10"],
    "exthdr set": ["tcp option maxseg size set 1400", "tcp option maxseg size set rt mtu", "reset tcp option sack-perm",
                   "reset tcp option maxseg", "tcp option window count set 5", "tcp option timestamp tsval set 1"],
    "dynset": ["add @d4 { ip saddr }", "update @d4 { ip saddr }", "delete @d4 { ip saddr }",
               "update @dt { ip saddr timeout 5s }", "add @dc { ip saddr . tcp dport }", "add @d4 { ip saddr counter }",
               "update @d4 { ip saddr limit rate 5/second }", "add @dm { ip saddr : 5 }",
               "update @dm { ip saddr : meta mark }", "add @s4 { ip saddr }", "add @d4 { ip daddr quota over 5 kbytes }",
               "add @d4 { ip saddr counter limit rate 5/second }", "update @d4 { ip saddr ct count over 5 }",
               "add @d4 { 10.0.0.1 }", "add @nonesuch { ip saddr }"],
    "vmap": ["ip saddr vmap { 10.0.0.1 : drop, 10.0.0.2 : accept }", "ip saddr vmap @mv", "tcp dport vmap @mp",
             "tcp dport vmap { 80 : jump r, 443 : drop, 1-22 : accept }", "ip protocol vmap { tcp : drop, udp : continue }",
             "meta l4proto vmap { tcp : goto r }", "ct state vmap { established : accept, invalid : drop }",
             "ip saddr . tcp dport vmap { 10.0.0.1 . 80 : drop }", "iif vmap { lo : accept }",
             "ip daddr vmap { 10.0.0.0/8 : drop, 11.0.0.0/8 : jump nonesuch }"],
}
# Statements that nft itself takes in some families only, and those that end a rule.
OF_FAMILIES = dict.fromkeys(["nat", "masquerade", "redirect", "tproxy", "xfrm"], ("ip", "ip6", "inet"))
OF_FAMILIES.update({"fwd": ("netdev",), "dup": ("netdev", "ip", "ip6")})
OF_FAMILIES["reject"] = OF_FAMILIES["ip option"] = ("netdev", "bridge", "inet", "ip", "ip6")
# For these the other families are tried in one of so many cases.
ANYWAY = 0.1
ENDS = ["reject", "queue", "nat", "masquerade", "redirect", "fwd"]
VERDICTS = ["accept", "drop", "continue", "return", "jump r", "goto r", "jump nonesuch", "goto nonesuch"]
NAMED_SETS = {"ip4": ["@s4", "@i4", "@d4", "@nonesuch"], "ip6": ["@s6"], "service": ["@sp"], "mac": ["@se"]}
CONNTRACK = re.compile(r"\b(ct|notrack|synproxy)\b")
CONCATENATIONS = ["ip saddr . ip daddr", "ip saddr . tcp dport", "iif . ip saddr", "ether saddr . ip saddr",
                  "ip protocol . th dport", "ip6 saddr . meta l4proto", "meta iifname . tcp dport",
                  "ip saddr . meta mark . udp sport", "ct mark . ip daddr", "vlan id . ether daddr"]


class Part(tuple):
    """(name, text)"""
    __slots__ = ()
    name = property(lambda self: self[0])
    text = property(lambda self: self[1])


class Language:
    """Rules from a seed: rule() returns (family, chain, parts)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.kinds = {name: kind for group in list(GROUPS.values()) + list(LIKELY.values()) for name, kind in group}

    def chance(self, share):
        return self.random.random() < share

    def number(self, bits):
        top = (1 << bits) - 1
        return self.random.choice([0, 1, top, top >> 1, self.random.randrange(top + 1), min(top, 5)])

    def value(self, kind):
        r = self.random
        if kind in BITS:
            number = self.number(BITS[kind])
            return str(number) if self.chance(0.5) else hex(number)
        if kind == "ip4":
            return r.choice(["10.0.0.1", "192.168.1.%d" % r.randrange(256), "0.0.0.0", "255.255.255.255",
                             "%d.0.0.9" % r.randrange(1, 224)])
        if kind == "ip6":
            return r.choice(["2001:db8::%x" % r.randrange(65536), "fe80::1", "::", "ff02::1"])
        if kind == "mac":
            return r.choice(["02:00:00:00:00:%02x" % r.randrange(256), "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"])
        if kind == "time_s":
            return r.choice(["5s", "1h", "2d"])
        return r.choice(NAMED[kind])

    def distinct(self, kind, most):
        return list(dict.fromkeys(self.value(kind) for _ in range(self.random.randint(1, most))))

    def pair(self, kind):
        """Both ends of a range."""
        if kind == "ip4":
            return "10.0.0.%d" % self.random.randrange(1, 99), "10.0.%d.200" % self.random.randrange(9)
        if kind == "ip6":
            return "2001:db8::1", "2001:db8::%x" % self.random.randrange(2, 65536)
        if kind == "mac":
            return "02:00:00:00:00:01", "02:00:00:00:00:99"
        if kind == "dscp":
            return "1", "9"
        bits = 16 if kind == "service" else BITS[kind]
        low = self.random.randrange((1 << bits) - 2)
        return str(low), str(self.random.randrange(low + 1, 1 << bits))

    def prefix(self, kind):
        if kind == "ip4":
            return "10.0.0.0/%d" % self.random.choice([8, 12, 16, 17, 23, 24, 25, 30, 31, 32])
        return "2001:db8::/%d" % self.random.choice([32, 33, 36, 48, 64, 65, 96, 120, 127, 128])

    def right(self, kind, plain):
        """What a field is compared with; plain: a form that is offloaded."""
        forms = ["value"] * 3 + ["=="] + (["prefix", "mask"] if kind in ("ip4", "ip6") else [])
        if kind in MASKS:
            forms += ["mask"]
        if not plain:
            forms += ["!=", "set", "not set", "<", "named"] + (["range", "not range", "range set"] if kind in RANGED else [])
            forms += ["bits", "or"] if kind in BITS or kind == "service" else []
            forms += ["prefix", "not prefix", "prefix set"] if kind in ("ip4", "ip6") else []
        form = self.random.choice(forms)
        value = self.value(kind)
        if form == "==":
            return "== " + value
        if form == "!=":
            return "!= " + value
        if form == "<":
            return self.random.choice(["<", ">", "<=", ">="]) + " " + value
        if form == "named":
            return self.random.choice(["", "!= "]) + self.random.choice(NAMED_SETS.get(kind, ["@nonesuch", "@sp"]))
        if form.endswith("prefix"):
            return ("!= " if form[0] == "n" else "") + self.prefix(kind)
        if form == "prefix set":
            return "{ %s }" % ", ".join([self.prefix(kind), "1.2.3.4" if kind == "ip4" else "::1"])
        if form == "mask":
            mask = self.random.choice(MASKS[kind])
            return "& %s %s %s" % (mask, "==" if plain or self.chance(0.7) else "!=", self.random.choice([value, mask]))
        if form in ("range", "not range"):
            return ("!= " if form[0] == "n" else "") + "%s-%s" % self.pair(kind)
        if form == "range set":
            return "{ %s-%s }" % self.pair(kind)
        if form in ("set", "not set"):
            return ("!= " if form[0] == "n" else "") + "{ %s }" % ", ".join(self.distinct(kind, 4))
        if form == "bits":
            return "& %s %s %s" % (hex(self.number(BITS.get(kind, 16))), self.random.choice(["==", "!=", ">"]), value)
        if form == "or":
            return "%s 1 == %s" % (self.random.choice(["|", "^", "<<", ">>"]), value)
        return value

    def match(self, name, kind, group, plain=False):
        return Part((group, "%s %s" % (name, self.right(kind, plain))))

    def concatenation(self):
        text = self.random.choice(CONCATENATIONS)
        kinds = [self.kinds[name] for name in text.split(" . ")]
        elements = [" . ".join(self.value(kind) for kind in kinds) for _ in range(self.random.randint(1, 3))]
        return Part(("concatenation", "%s %s{ %s }" % (text, "!= " if self.chance(0.2) else "",
                                                      ", ".join(dict.fromkeys(elements)))))

    def fits(self, name, family):
        return family in OF_FAMILIES.get(name, FAMILIES) or self.chance(ANYWAY)

    def any_match(self, family):
        if self.chance(0.08):
            return self.concatenation()
        if self.chance(0.06):
            return Part(("presence", self.random.choice(PRESENT)))
        group = self.random.choice([name for name in list(GROUPS) + ["payload", "payload", "meta", "ct"]
                                    if self.fits(name, family)])
        return self.match(*self.random.choice(GROUPS[group]), group)

    def likely_matches(self, family):
        """Matches of one packet, as a kernel may offload them."""
        layers = ["l2"] if self.chance(0.3) else []
        if family != "arp":
            if self.chance(0.6):
                layers += ["ip6" if family == "ip6" or (family != "ip" and self.chance(0.3)) else "ip"]
            if self.chance(0.45):
                layers += ["l4"]
        return [self.match(*self.random.choice(LIKELY[layer]), layer, plain=True) for layer in layers]

    def statement(self, family):
        name = self.random.choice([name for name in STATEMENTS if self.fits(name, family)])
        return Part((name, self.random.choice(STATEMENTS[name])))

    def verdict(self):
        return Part(("verdict", self.random.choice(VERDICTS[:2] if self.chance(0.7) else VERDICTS)))

    def offloadable(self, family):
        parts = self.likely_matches(family)
        if self.chance(0.1):
            parts.append(self.any_match(family))
        if self.chance(0.3):
            parts.append(Part(("counter", "counter")))
        if family == "netdev" and self.chance(0.25):
            return parts + [Part(("fwd", "fwd to lo")) if self.chance(0.5) else Part(("dup", "dup to lo"))]
        return parts + [Part(("verdict", self.random.choice(["accept", "drop"])))]

    def anything(self, family):
        parts = [self.any_match(family) for _ in range(self.random.choice([0, 0, 1, 1, 1, 2, 3]))]
        parts += sorted((self.statement(family) for _ in range(self.random.choice([0, 0, 1, 1, 2]))),
                        key=lambda part: part.name in ENDS)
        ends = bool(parts) and parts[-1].name in ENDS
        if self.chance(ANYWAY if ends else 0.6) or not parts:
            parts.append(self.verdict())
        return parts

    def rule(self):
        family = self.random.choice(FAMILIES + ("netdev",) * 5)
        chain = "o" if self.chance(0.55) else self.random.choice(CHAINS[family])
        parts = self.offloadable(family) if self.chance(0.6 if chain == "o" else 0.2) else self.anything(family)
        if family == "bridge" and chain != "o":
            # A kernel without NFT_BRIDGE_META says EOPNOTSUPP to them, which only offload says otherwise.
            parts = [part for part in parts if not part.text.startswith(BRIDGE_KEYS)] or [self.verdict()]
        if family == "bridge":
            # What a kernel without NF_CONNTRACK_BRIDGE says to these (EPROTO) is no other kernel's answer.
            parts = [part for part in parts if not CONNTRACK.search(part.text)] or [self.verdict()]
        if self.chance(0.05):
            parts.append(Part(("comment", 'comment "rule %d"' % self.random.randrange(100))))
        return family, chain, parts


def text_of(parts):
    return " ".join(part.text for part in parts)
