# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands and features that some release of nft has, as cases for oracle.py."""
from oracle import argv, case, nft

# Cases whose answers depend on what is not emulated; a name and why.
NOT_COMPARED = {
    "last used": "a kernel counts the time since, and no packet reaches the software path here",
    "tunnel": "tunnel objects of netdev tables are listed with what was sent, a kernel adds its defaults",
}

OFFLOAD = 'table netdev t {\n chain c { type filter hook ingress device "eth0" priority 10; flags offload; }\n}\n'
PLAIN = 'table netdev t {\n chain c { type filter hook ingress device "eth0" priority 10; }\n}\n'
TABLE = 'table ip t {\n counter k { packets 5 bytes 6 }\n quota q { over 10 mbytes used 7 bytes }\n set s { type ipv4_addr; flags interval; counter; elements = { 1.1.1.1 counter packets 3 bytes 4, 10.0.0.0/8 } }\n map m { type inet_service : verdict; elements = { 22 : accept } }\n chain c { ip saddr @s counter packets 7 bytes 8 drop; tcp dport vmap @m }\n}\n'


def run(*words):
    return argv("nft", *words)


CASES = [
    case("wildcard device", nft(PLAIN.replace("eth0", "eth*"))),
    case("wildcard offload", nft(OFFLOAD.replace("eth0", "eth*"))),
    case("chain without device", nft("table netdev t {\n chain c { type filter hook ingress priority 10; }\n}\n")),
    case("add device later", nft(PLAIN), nft('add chain netdev t c { devices = { "eth1" }; }'), nft('delete chain netdev t c { devices = { "eth1" }; }')),
    case("add device offload", nft(OFFLOAD), nft('add chain netdev t c { devices = { "eth1" }; }'), nft('delete chain netdev t c { devices = { "eth0" }; }')),
    case("devices", nft(PLAIN.replace('device "eth0"','devices = { "eth0", "eth1" }'))),
    case("egress", nft(PLAIN.replace("ingress", "egress"))),
    case("last", nft(PLAIN+"add rule netdev t c last drop"), run("list", "ruleset")),
    case("last used", nft(PLAIN+"add rule netdev t c last used 5s drop"), run("reset", "rules")),
    case("destroy", nft(TABLE), run("destroy", "table", "ip", "x"), run("destroy", "chain", "ip", "t", "c"), run("destroy", "table", "ip", "t")),
    case("destroy all", nft(TABLE), run("destroy", "element", "ip", "t", "s","{ 9.9.9.9 }"), run("destroy", "set", "ip", "t", "zz"), run("destroy", "rule", "ip", "t", "c", "handle", "99"), run("destroy", "counter", "ip", "t", "nn"), run("destroy", "map", "ip", "t", "mm"), run("destroy", "flowtable", "ip", "t", "ff")),
    case("reset", nft(TABLE), run("reset", "counters"), run("reset", "quotas"), run("reset", "rules"), run("reset", "set", "ip", "t", "s"), run("reset", "map", "ip", "t", "m"), run("reset", "counter", "ip", "t", "k")),
    case("reset rule", nft(TABLE), run("-a", "list", "ruleset"), run("reset", "rule", "ip", "t", "c", "handle", "6"), run("reset", "rules", "chain", "ip", "t", "c"), run("reset", "rules", "table", "ip", "t"), run("reset", "element", "ip", "t", "s","{ 1.1.1.1 }")),
    case("hooks", nft(PLAIN), run("list", "hooks"), run("list", "hooks", "netdev", "device", "eth0"), run("list", "hooks", "ip")),
    case("hooks device", run("list", "hooks", "device", "lo"), run("list", "hooks", "netdev", "devices", "=", "{ lo }")),
    case("typeof", nft("table ip t {\n set s { typeof ip saddr . tcp dport; elements = { 1.2.3.4 . 80 } }\n map m { typeof ip saddr : meta mark; elements = { 1.2.3.4 : 7 } }\n set v { typeof vlan id; elements = { 5 } }\n chain c { ip saddr . tcp dport @s meta mark set ip saddr map @m } }\n"), run("list", "set", "ip", "t", "s"), run("list", "sets"), run("list", "maps")),
    case("map typeof verdict", nft("table inet t {\n map m { typeof iifname . meta l4proto . th dport : verdict; flags interval; elements = { \"e*\" . tcp . 1-5 : accept } }\n}\n")),
    case("auto-merge", nft("table ip t {\n set s { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/24, 10.0.1.0/24 } } }"), run("add", "element", "ip", "t", "s","{ 10.0.2.0/24 }"), run("delete", "element", "ip", "t", "s","{ 10.0.1.5 }")),
    case("dynamic", nft("table ip t {\n set s { type ipv4_addr; flags dynamic; size 100; }\n chain c { type filter hook input priority 0; update @s { ip saddr limit rate 5/second } drop } }")),
    case("comments", nft('table ip t {\n comment "a"\n set s { type ipv4_addr; comment "b"; elements = { 1.1.1.1 comment "x" } }\n chain c { comment "d"; }\n counter k { comment "e"; }\n}')),
    case("table flags", nft("table ip t { flags dormant; }"), nft("table ip t { }"), nft("table ip p { flags persist, owner; }")),
    case("meter", nft("table ip t { chain c { meter m { ip saddr limit rate 1/second } drop } }"), run("list", "meters")),
    case("objects", nft('table ip t {\n limit l { rate 5/second }\n ct helper h { type "ftp" protocol tcp; l3proto ip; }\n ct timeout ti { protocol tcp; l3proto ip; policy = { established: 5 } }\n ct expectation e { protocol tcp; dport 5; timeout 1h; size 12; l3proto ip; }\n secmark s { "x" }\n synproxy y { mss 1460; wscale 7; }\n}')),
    case("tunnel", nft("table netdev t {\n tunnel x { id 5; ip saddr 1.1.1.1; ip daddr 1.1.1.2; sport 4; dport 4; }\n}"), run("list", "tunnels")),
    case("vxlan inner", nft(PLAIN+"add rule netdev t c udp dport 4789 vxlan ip saddr 1.2.3.4 drop")),
    case("geneve", nft(PLAIN+"add rule netdev t c udp dport 6081 geneve vni 10 drop")),
    case("gre", nft(PLAIN+"add rule netdev t c gre ip saddr 1.2.3.4 drop")),
    case("meta broute", nft("table bridge t { chain c { type filter hook prerouting priority -300; meta broute set 1; } }")),
    case("ct", nft("table inet t { chain c { ct state established,related accept; ct mark set meta mark or 0x10; ct count over 5 drop } }")),
    case("bitwise reg", nft("table ip t { chain c { meta mark set ct mark and meta mark; ip dscp set ip dscp | 1; meta mark set ip dscp << 2 or 0x10 } }")),
    case("exthdr", nft("table inet t { chain c { exthdr dst missing drop; tcp option maxseg size set rt mtu; reset tcp option sack-perm; dccp type request drop; sctp chunk data exists drop; ip option rr exists drop } }")),
    case("socket", nft("table inet t { chain c { type filter hook prerouting priority 0; socket cgroupv2 level 1 0x5 accept; socket transparent 1 accept; socket wildcard 0 accept } }")),
    case("fib", nft("table inet t { chain c { type filter hook prerouting priority 0; fib daddr type local accept; fib saddr . iif oif missing drop; fib saddr check missing drop } }")),
    case("flowtable", nft('table inet t { flowtable f { hook ingress priority 0; devices = { "eth0" }; }\n chain c { type filter hook forward priority 0; flow add @f } }'), run("list", "flowtables")),
    case("flowtable wild", nft('table inet t { flowtable f { hook ingress priority 0; devices = { "eth*" }; } }')),
    case("implicit chain", nft("table inet t { chain c { tcp dport 80 jump { counter; drop } } }")),
    case("log nflog", nft('table inet t { chain c { log prefix "a" group 5 snaplen 10; queue flags bypass to 3-5; queue to symhash mod 8 } }')),
    case("nat", nft("table inet t { chain c { type nat hook postrouting priority 100; masquerade random; snat ip to 1.1.1.1-1.1.1.5:80-90; redirect to :5; snat ip prefix to ip saddr map { 10.0.0.0/24 : 10.1.0.0/24 } } }")),
    case("optimize", argv("nft", "-o", "-f", "-",stdin="table ip t { chain c { ip saddr 1.1.1.1 drop; ip saddr 1.1.1.2 drop; ip saddr 1.1.1.3 drop } }")),
    case("optimize check", argv("nft", "-c", "-o", "-f", "-",stdin="table ip t { chain c { ip saddr 1.1.1.1 drop; ip saddr 1.1.1.2 drop; ip saddr 1.1.1.3 drop } }")),
    case("json", argv("nft", "-j", "-f", "-",stdin='{"nftables":[{"add":{"table":{"family":"netdev", "name":"t"}}},{"add":{"chain":{"family":"netdev", "table":"t", "name":"c", "type":"filter", "hook":"ingress", "dev":"eth0", "prio":10, "policy":"accept", "flags":["offload"]}}}]}'), run("-j", "list", "ruleset")),
    case("json dev list", argv("nft", "-j", "-f", "-",stdin='{"nftables":[{"add":{"table":{"family":"netdev", "name":"t"}}},{"add":{"chain":{"family":"netdev", "table":"t", "name":"c", "type":"filter", "hook":"ingress", "dev":["eth0", "eth1"], "prio":10, "policy":"accept"}}}]}')),
    case("echo json", argv("nft", "-j", "-e", "-a", "-f", "-",stdin=TABLE)),
    case("define include", argv("nft", "-D", "x=1.1.1.1", "-f", "-",stdin="table ip t { chain c { ip saddr $x drop } }")),
    case("get element", nft(TABLE), run("get", "element", "ip", "t", "s","{ 10.1.2.3 }"), run("get", "element", "ip", "t", "s","{ 11.1.2.3 }")),
    case("rename", nft(TABLE), run("rename", "chain", "ip", "t", "c", "d"), run("list", "chain", "ip", "t", "d")),
    case("mistakes", nft(TABLE), run("list", "chain", "ip", "t", "cc"), run("delete", "set", "ip", "t", "ss"), run("add", "rule", "ip", "tt", "c", "drop"), run("add", "rule", "ip", "t", "cc", "drop"), run("delete", "rule", "ip", "t", "c", "handle", "77"), run("add", "chain", "ip", "t", "c","{ type nat hook input priority 0; }")),
    case("chain other declaration", nft(PLAIN), nft('add chain netdev t c { type filter hook ingress device "eth0" priority 20; }'), nft('add chain netdev t c { type filter hook egress device "eth0" priority 10; }')),
    case("listing", nft(TABLE), *[run("list",w) for w in "tables chains sets maps counters quotas limits flowtables secmarks synproxys".split()]),
    case("insert replace", nft(OFFLOAD+"add rule netdev t c ip saddr 1.1.1.1 drop\nadd rule netdev t c ip saddr 1.1.1.2 drop"), run("-a", "list", "ruleset"), run("insert", "rule", "netdev", "t", "c", "tcp dport 1 drop"), run("replace", "rule", "netdev", "t", "c", "handle", "2", "ip daddr 1.1.1.9 drop"), run("delete", "rule", "netdev", "t", "c", "handle", "3"), run("flush", "chain", "netdev", "t", "c"), run("delete", "chain", "netdev", "t", "c"))]
