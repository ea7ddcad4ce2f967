# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases for the running kernel as an oracle: tables, chains and rules (sets: set_cases.py)."""
from random import Random

from oracle import (NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_ECHO, NLM_F_EXCL, NLM_F_NONREC,
                    NLM_F_REPLACE, argv, attr, batch, be64, case, dump, lying_attr, message, nft, request)

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
HOOK = {"ip": "input", "ip6": "input", "inet": "input", "arp": "input", "bridge": "input"}
ACCEPT, DROP = 1, 0
BASE, OFFLOAD, BINDING = 1, 2, 4


def base_chain(family, name="c", rest=""):
    if family == "netdev":
        # A device that no kernel has: the case tests chains, not devices.
        return "chain %s { type filter hook ingress device nicemu0 priority 0; %s }" % (name, rest)
    return "chain %s { type filter hook %s priority 0; %s }" % (name, HOOK[family], rest)


# ---- through nft ----

def in_every_family():
    for family in FAMILIES:
        table = "table %s t { %s\n chain r { } }" % (family, base_chain(family))
        yield case("%s: add table, chains, rules" % family, nft(table), nft(
            "add rule %s t c counter\nadd rule %s t c meta mark 1 drop\nadd rule %s t r accept comment \"x\"\n"
            "add rule %s t c jump r\n" % ((family,) * 4)))
        yield case("%s: create what is there" % family, nft(table),
                   nft("create table %s t" % family), nft("create chain %s t r" % family),
                   nft("add table %s t\nadd chain %s t r" % (family, family)))
        yield case("%s: delete in every order" % family, nft(table), nft("add rule %s t c jump r" % family),
                   nft("delete chain %s t r" % family), nft("delete chain %s t c" % family),
                   nft("delete chain %s t r" % family), nft("delete chain %s t r" % family),
                   nft("delete table %s t" % family), nft("delete table %s t" % family))
        yield case("%s: flush" % family, nft(table), nft("add rule %s t c counter; add rule %s t r drop" %
                                                         (family, family)),
                   nft("flush chain %s t c" % family), nft("flush table %s t" % family),
                   nft("flush chain %s t nochain" % family), nft("flush table %s notable" % family))
        yield case("%s: rename" % family, nft(table), nft("rename chain %s t r s" % family),
                   nft("rename chain %s t s c" % family), nft("rename chain %s t nochain x" % family),
                   nft("rename chain %s t s x; rename chain %s t c x" % (family, family)))
        yield case("%s: insert, replace, delete by handle" % family, nft(table),
                   nft("add rule %s t r counter" % family), nft("insert rule %s t r drop" % family),
                   nft("add rule %s t r handle 3 accept" % family),
                   nft("insert rule %s t r handle 3 meta mark 5" % family),
                   nft("add rule %s t r index 1 meta mark 6" % family),
                   nft("replace rule %s t r handle 4 meta mark 7" % family),
                   nft("delete rule %s t r handle 3" % family), nft("delete rule %s t r handle 99" % family),
                   nft("replace rule %s t r handle 99 drop" % family),
                   nft("add rule %s t r handle 99 drop" % family))
        yield case("%s: destroy by hand is not in this nft" % family, nft("destroy table %s t" % family))
        yield case("%s: list what is not there" % family, argv("nft", "list", "table", family, "t"),
                   nft(table), argv("nft", "list", "chain", family, "t", "x"),
                   argv("nft", "list", "table", family, "t"), argv("nft", "list", "chain", family, "t", "c"),
                   argv("nft", "-j", "list", "ruleset"), argv("nft", "-s", "list", "ruleset", family),
                   argv("nft", "list", "tables"), argv("nft", "list", "chains"))
        yield case("%s: all or nothing" % family, nft(table),
                   nft("add rule %s t r counter\nadd rule %s t nochain drop\nadd rule %s t r drop\n"
                       "add rule %s notable r drop\n" % ((family,) * 4)))
        yield case("%s: check keeps nothing" % family,
                   argv("nft", "-c", "-f", "-", stdin=table),
                   argv("nft", "-c", "-f", "-", stdin=table + "\nadd rule %s t nochain drop" % family))
        yield case("%s: echo" % family, argv("nft", "-e", "-a", "-f", "-", stdin=table),
                   argv("nft", "-e", "-a", "add", "rule", family, "t", "r", "counter", "drop"),
                   argv("nft", "-e", "-a", "insert", "rule", family, "t", "r", "accept"),
                   argv("nft", "-e", "-j", "add", "chain", family, "t", "new"))


def base_chains():
    hooks = {"ip": "prerouting input forward output postrouting ingress", "ip6": "input output ingress",
             "inet": "prerouting input forward output postrouting ingress egress",
             "arp": "input output forward", "bridge": "prerouting input forward output postrouting",
             "netdev": "ingress egress"}
    for family, names in hooks.items():
        for hook in names.split():
            for kind in ("filter", "nat", "route"):
                device = "device nicemu0 " if family == "netdev" or hook in ("ingress", "egress") else ""
                yield case("%s %s %s" % (family, kind, hook), nft(
                    "table %s t { chain c { type %s hook %s %spriority 5; policy drop; }; }" %
                    (family, kind, hook, device)))
    yield case("nat before conntrack", nft("table ip t { chain c { type nat hook output priority -300; }; }"))
    yield case("policies", nft("table ip t { chain c { type filter hook input priority 0; policy drop; }; }"),
               nft("chain ip t c { policy accept; }"), nft("chain ip t c { policy drop; }"),
               nft("add chain ip t r"), nft("chain ip t r { policy drop; }"))
    yield case("several devices", nft(
        "table netdev t { chain c { type filter hook ingress devices = { nicemu0, nicemu1 } priority 0; }; }"),
        nft("add chain netdev t c { type filter hook ingress devices = { nicemu2 } priority 0; }"),
        nft("add chain netdev t c { type filter hook ingress devices = { nicemu1, nicemu3 } priority 0; }"),
        nft("delete chain netdev t c { type filter hook ingress devices = { nicemu1 } priority 0; }"),
        nft("delete chain netdev t c { type filter hook ingress devices = { nicemu9 } priority 0; }"))
    yield case("a device twice", nft(
        "table netdev t { chain c { type filter hook ingress devices = { nicemu0, nicemu0 } priority 0; }; }"))
    yield case("netdev without device", nft("table netdev t { chain c { type filter hook ingress priority 0; }; }"))
    yield case("another hook or priority", nft("table ip t { chain c { type filter hook input priority 0; }; }"),
               nft("add chain ip t c { type filter hook input priority 1; }"),
               nft("add chain ip t c { type filter hook output priority 0; }"),
               nft("add chain ip t c { type nat hook input priority 0; }"),
               nft("add chain ip t c { type filter hook input priority 0; policy drop; }"))
    yield case("a regular chain becomes base", nft("table ip t { chain c { }; }"),
               nft("add chain ip t c { type filter hook input priority 1; }"))
    yield case("dormant", nft("table ip t { flags dormant; chain c { type filter hook input priority 0; }; }"),
               nft("table ip t { }"), nft("add table ip t { flags dormant; }"), nft("add table ip t"))
    yield case("comments", nft('table ip t { comment "table"; chain c { comment "chain"; counter comment "rule"; }; }'))


def jumps():
    yield case("jump in place", nft(
        "table ip t { chain i { type filter hook input priority 0; meta mark 3 jump { counter; "
        "ip daddr 1.1.1.1 drop; }; meta mark 4 goto { accept; }; }; }"),
        nft("delete rule ip t i handle 2"), nft("flush chain ip t i"))
    yield case("jump in place, delete table", nft(
        "table ip t { chain i { type filter hook input priority 0; meta mark 3 jump { counter; }; }; }"),
        nft("delete table ip t"))
    yield case("jump in place, failing batch", nft("table ip t { chain i { }; }"), nft(
        "add rule ip t i meta mark 3 jump { counter; }\nadd rule ip t nochain drop"))
    yield case("jump to nothing", nft("table ip t { chain i { jump x; }; }"))
    yield case("jump to base", nft(
        "table ip t { chain b { type filter hook input priority 0; }; chain i { jump b; }; }"))
    yield case("loop", nft(
        "table ip t { chain a { jump b; }; chain b { jump a; }; chain i { type filter hook input priority 0; jump a; }; }"))
    yield case("loop not reached", nft("table ip t { chain a { jump b; }; chain b { jump a; }; }"),
               nft("add chain ip t i { type filter hook input priority 0; }"), nft("add rule ip t i jump a"))
    deep = "".join("chain c%d { jump c%d; };" % (i, i + 1) for i in range(20))
    yield case("too deep", nft("table ip t { %s chain c20 { }; chain i { type filter hook input priority 0; jump c0; }; }" % deep))
    deep = "".join("chain c%d { jump c%d; };" % (i, i + 1) for i in range(14))
    yield case("deep enough", nft("table ip t { %s chain c14 { }; chain i { type filter hook input priority 0; jump c0; }; }" % deep))
    yield case("uses", nft("table ip t { chain a { }; chain b { jump a; goto a; }; }"),
               nft("delete chain ip t a"), nft("delete rule ip t b handle 3"), nft("delete chain ip t a"),
               nft("flush chain ip t b; delete chain ip t a"))


def offload_chains():
    good = "add chain netdev t c { type filter hook ingress device nicemu0 priority 10; flags offload; }"
    for priority in (0, -1, 1, 65535, 65536):
        yield case("offload priority %d" % priority, nft("table netdev t { chain c { type filter hook ingress "
                   "device nicemu0 priority %d; flags offload; }; }" % priority))
    for flags in ("policy drop;", ""):
        yield case("offload %s" % flags, nft("table netdev t { chain c { type filter hook ingress "
                   "device nicemu0 priority 10; flags offload; %s }; }" % flags))
    yield case("offload on lo", nft(
        "table netdev t { chain c { type filter hook ingress device lo priority 10; flags offload; }; }"))
    yield case("offload egress", nft(
        "table netdev t { chain c { type filter hook egress device lo priority 10; flags offload; }; }"))
    yield case("offload inet ingress", nft(
        "table inet t { chain c { type filter hook ingress device lo priority 10; flags offload; }; }"))
    yield case("offload regular chain", nft("table netdev t { chain c { flags offload; }; }"))
    yield case("offload rules", nft("add table netdev t; " + good), nft(
        "add rule netdev t c ip saddr 10.0.0.0/8 counter drop\nadd rule netdev t c tcp dport 80 accept"),
        nft("insert rule netdev t c ip saddr 1.1.1.1 drop"), nft("replace rule netdev t c handle 2 drop"),
        nft("add rule netdev t c counter"), nft("add rule netdev t c tcp dport { 80, 443 } drop"),
        nft("add rule netdev t c handle 2 ip saddr 1.2.3.4 drop"),
        nft("delete rule netdev t c handle 2"), nft("add rule netdev t c ip ttl 1 drop"),
        nft("add rule netdev t c jump x"), nft("delete chain netdev t c"))
    yield case("offload refusals in one file", nft("add table netdev t\n" + good + "\n" + "".join(
        "add rule netdev t c %s\n" % rule for rule in (
            "ip saddr 1.1.1.1 drop", "counter", "tcp dport != 1 drop", "iifname lo drop", "log drop",
            "limit rate 1/second drop", "ip saddr 1.1.1.1 continue", "return", "udp dport 53 accept"))))
    yield case("offload flag can't change", nft("add table netdev t; " + good),
               nft("add chain netdev t c { type filter hook ingress device nicemu0 priority 10; }"),
               nft("add chain netdev t c { type filter hook ingress device nicemu0 priority 10; flags offload; policy drop; }"),
               nft("add chain netdev t c { type filter hook ingress device nicemu0 priority 11; flags offload; }"),
               nft("add chain netdev t c { type filter hook ingress device nicemu1 priority 10; flags offload; }"),
               nft("delete chain netdev t c { type filter hook ingress device nicemu0 priority 10; flags offload; }"))
    # Not `meta` in bridges: kernels built without NFT_BRIDGE_META have the common one there, which offloads.
    for family, first, second in (("ip", "meta l4proto tcp", "meta l4proto udp"),
                                  ("bridge", "ether saddr 02:00:00:00:00:01", "ether daddr 02:00:00:00:00:01"),
                                  ("inet", "meta l4proto tcp", "meta l4proto udp")):
        yield case("%s chain with flags offload" % family, nft(
            "table %s t { chain c { type filter hook input priority 10; flags offload; policy drop; "
            "%s drop; }; }" % (family, first)), nft("insert rule %s t c %s drop" % (family, second)),
            nft("add rule %s t c counter" % family))


# ---- raw ----

TABLE = attr(1, "t")


def new_table(name="t", family="ip", flags=NLM_F_CREATE, *more):
    return message("NEWTABLE", attr(1, name), *more, family=family, flags=flags)


def new_chain(name="c", *more, family="ip", flags=NLM_F_CREATE):
    named = [attr(3, name)] if name else []
    return message("NEWCHAIN", TABLE, *named, *more, family=family, flags=flags)


def hook(number=1, priority=0, *more, **nesting):
    return attr(4, [attr(1, number), attr(2, priority), *more], **nesting)


COUNTER = attr(1, [attr(1, "counter"), attr(2, [attr(1, be64(0)), attr(2, be64(0))])])


def immediate(code):
    return attr(1, [attr(1, "immediate"), attr(2, [attr(1, 0), attr(2, [attr(2, [attr(1, code)])])])])


def new_rule(*more, chain="c", exprs=(COUNTER,), family="ip", flags=NLM_F_CREATE | NLM_F_APPEND):
    named = [attr(2, chain)] if chain else []
    return message("NEWRULE", TABLE, *named, attr(4, list(exprs)), *more, family=family, flags=flags)


SETUP = (new_table(), new_chain(), new_rule(), new_rule())


def raw_tables():
    yield case("raw: acks of a good batch", batch(*SETUP), batch(*SETUP, ack=False))
    yield case("raw: echo", batch(*[[m[0], m[1] | NLM_F_ECHO] + m[2:] for m in SETUP]))
    yield case("raw: no names", batch(message("NEWTABLE"), message("DELTABLE", family="ip"),
                                      message("NEWCHAIN"), message("NEWRULE"), message("DELRULE"),
                                      message("DELCHAIN")))
    yield case("raw: families", *[batch(message("NEWTABLE", TABLE, family=n, flags=NLM_F_CREATE)) for n in range(16)])
    for length in (1, 2, 254, 255, 256, 257):
        name = b"n" * length
        yield case("raw: name of %d bytes" % length, batch(message("NEWTABLE", attr(1, name), flags=NLM_F_CREATE)),
                   batch(message("NEWTABLE", attr(1, name + b"\0"), flags=NLM_F_CREATE)))
    yield case("raw: empty name", batch(message("NEWTABLE", attr(1, b""))), batch(message("NEWTABLE", attr(1, b"\0"))))
    yield case("raw: name with a NUL inside", batch(message("NEWTABLE", attr(1, b"a\0b\0"), flags=NLM_F_CREATE)),
               request(message("GETTABLE", attr(1, b"a\0"))), request(message("GETTABLE", attr(1, b"a\0b"))))
    for value in (0, 1, 2, 3, 4, 5, 7, 8, 0x80000000):
        yield case("raw: table flags %#x" % value, batch(new_table("t", "ip", NLM_F_CREATE, attr(2, value))),
                   batch(new_table("t", "ip", NLM_F_CREATE, attr(2, value ^ 1))),
                   batch(new_table("t", "ip", NLM_F_CREATE, attr(2, 0))), final_dump=False)
    for size in (0, 1, 3, 4, 5, 8):
        yield case("raw: u32 of %d bytes" % size, batch(new_table("t", "ip", NLM_F_CREATE, attr(2, bytes(size)))))
        yield case("raw: u64 of %d bytes" % size, batch(new_table(), message("DELTABLE", attr(4, bytes(size)))))
    for size in (0, 1, 255, 256, 257):
        yield case("raw: userdata of %d bytes" % size,
                   batch(new_table("t", "ip", NLM_F_CREATE, attr(6, b"u" * size)), new_chain("c", attr(12, b"u" * size)),
                         new_rule(attr(7, b"u" * size))))
    yield case("raw: table by handle", batch(new_table()), batch(message("DELTABLE", attr(4, be64(12345)))),
               final_dump=False)
    yield case("raw: exclusive, replace", batch(*SETUP), batch(new_table(flags=NLM_F_CREATE | NLM_F_EXCL)),
               batch(new_table(flags=NLM_F_REPLACE)), batch(new_chain(flags=NLM_F_CREATE | NLM_F_EXCL)),
               batch(new_chain(flags=NLM_F_REPLACE)))
    yield case("raw: not recursive", batch(*SETUP), batch(message("DELTABLE", TABLE, flags=NLM_F_NONREC)),
               batch(message("DELCHAIN", TABLE, attr(3, "c"), flags=NLM_F_NONREC)))
    for kind in ("DESTROYTABLE", "DESTROYCHAIN", "DESTROYRULE", "DESTROYSET", "DESTROYOBJ", "DESTROYFLOWTABLE"):
        yield case("raw: %s" % kind, batch(message(kind, TABLE, attr(2, "x"), attr(3, "x"))),
                   batch(*SETUP), batch(message(kind, TABLE)), batch(message(kind, TABLE, attr(2, "c"), attr(3, "c"))),
                   batch(message(kind, attr(1, "u"), attr(2, "x"), attr(3, "x"))))
    yield case("raw: flush all tables of a family", batch(*SETUP, new_table("u", "ip6")),
               batch(message("DELTABLE", family="ip")), batch(message("DELTABLE", family="unspec")))
    yield case("raw: add and delete in one batch", batch(*SETUP, message("DELTABLE", TABLE), *SETUP),
               batch(message("DELTABLE", TABLE), *SETUP), batch(message("DELTABLE", TABLE), new_rule(), *SETUP))
    yield case("raw: unknown messages", *[batch(message(n, TABLE)) for n in range(34, 40)],
               *[request(message(n, TABLE)) for n in range(0, 40)])
    yield case("raw: get inside a batch", batch(message("GETTABLE", TABLE), message("GETGEN"), message("NEWGEN")))
    yield case("raw: wrong generation", batch(*SETUP, genid=77, cap_ack=True), batch(*SETUP, genid=0))
    yield case("raw: capped", batch(message("NEWCHAIN", TABLE, attr(3, "c")), cap_ack=True),
               batch(message("NEWCHAIN", TABLE, attr(3, "c")), ext_ack=False),
               batch(message("NEWCHAIN", TABLE, attr(3, "c")), ext_ack=False, cap_ack=True))
    yield case("raw: without end", batch(*SETUP, end=False), batch(*SETUP, message("NEWCHAIN", attr(1, "x")), end=False))
    yield case("raw: lying lengths", *[batch(message("NEWTABLE", lying_attr(1, n, b"t\0\0\0"))) for n in range(0, 12)],
               *[batch(message("NEWTABLE", attr(1, "t"), lying_attr(2, n, bytes(4)))) for n in range(0, 12)],
               batch(message("NEWTABLE", attr(1, "t"), b"\1")), batch(message("NEWTABLE", attr(1, "t"), b"\1\0\0")))
    yield case("raw: repeated and unknown attributes",
               batch(message("NEWTABLE", attr(1, "a"), attr(1, "b"), attr(99, b"xx"), attr(0, b"y"), flags=NLM_F_CREATE)))


def raw_chains():
    yield case("raw: chain needs", batch(new_table(), new_chain(None)), batch(new_table(), new_chain(None, attr(11, 5))),
               batch(new_table(), new_chain(None, attr(10, BINDING), attr(11, 5))))
    for flags in (0, BASE, OFFLOAD, BINDING, 7, 8, 0x80000000):
        yield case("raw: chain flags %#x" % flags, batch(new_table(), new_chain("c", attr(10, flags))),
                   batch(new_table(), new_chain("b", hook(), attr(10, flags))),
                   batch(new_table("t", "netdev"), message("NEWCHAIN", TABLE, attr(3, "b"), hook(
                       0, 10, attr(3, "nicemu0")), attr(10, flags), family="netdev", flags=NLM_F_CREATE)))
    for policy in (0, 1, 2, 3, 4, 5, 255, 256, 257, 0xffffffff):
        yield case("raw: policy %d" % policy, batch(new_table(), new_chain("b", hook(), attr(5, policy))),
                   batch(new_table(), new_chain("r", attr(5, policy))))
    yield case("raw: hooks", *[batch(new_table(), new_chain("b%d" % n, hook(n))) for n in range(0, 9)],
               batch(new_table(), new_chain("x", hook(0xffffffff))))
    yield case("raw: hook without number or priority", batch(new_table(), new_chain("b", attr(4, [attr(1, 1)]))),
               batch(new_table(), new_chain("b", attr(4, [attr(2, 1)]))), batch(new_table(), new_chain("b", attr(4, b""))),
               batch(new_table(), new_chain("b", attr(4, b"\1"))), batch(new_table(), new_chain("b", attr(4, [attr(1, b"\1")]))))
    yield case("raw: types", *[batch(new_table(), new_chain("b", hook(1, 1), attr(7, kind)))
                               for kind in ("filter", "nat", "route", "x", "", "filter2", "f" * 47, "f" * 48, "f" * 80)])
    yield case("raw: counters of a chain", batch(new_table(), new_chain("b", hook(), attr(8, [attr(1, be64(7)), attr(2, be64(5))]))),
               batch(new_chain("b", attr(8, [attr(1, be64(1)), attr(2, be64(2))]))),
               batch(new_chain("b", attr(8, [attr(1, be64(1))]))), batch(new_chain("b", attr(8, b""))),
               batch(new_chain("r", attr(8, [attr(1, be64(1)), attr(2, be64(2))]))),
               batch(new_chain("r", attr(8, [attr(1, be64(1)), attr(2, be64(2))]))))
    yield case("raw: devices where none belong", batch(new_table(), new_chain("b", hook(1, 0, attr(3, "lo")))),
               batch(new_table(), new_chain("b", hook(1, 0, attr(4, [attr(1, "lo")])))))

    def netdev(*more):
        return batch(new_table("t", "netdev"), message("NEWCHAIN", TABLE, attr(3, "c"), *more, family="netdev",
                                                       flags=NLM_F_CREATE))
    yield case("raw: device lists", netdev(hook(0, 1, attr(4, [attr(1, "nicemu0"), attr(1, "nicemu1")]))),
               netdev(hook(0, 1, attr(4, [attr(1, "nicemu2")]))), netdev(hook(0, 1, attr(4, [attr(3, "nicemu3")]))),
               netdev(hook(0, 1, attr(4, []))), netdev(hook(0, 1)))
    yield case("raw: too many devices", netdev(hook(0, 1, attr(4, [attr(1, "nicemu%d" % n) for n in range(256)]))))
    yield case("raw: device names", *[netdev(hook(0, 1, attr(3, name))) for name in ("a" * 15, "a" * 16, "", "a/b", "a b")],
               *[netdev(hook(0, 1, attr(4, [attr(1, name)]))) for name in ("a" * 16, "", "x/y")])
    yield case("raw: chain by handle", batch(*SETUP), batch(message("NEWCHAIN", TABLE, attr(2, be64(1)), attr(3, "d"))),
               batch(message("NEWCHAIN", TABLE, attr(2, be64(9)), attr(3, "e"))), batch(message("NEWCHAIN", TABLE, attr(2, be64(1)))),
               batch(message("DELCHAIN", TABLE, attr(2, be64(9)))), batch(message("DELCHAIN", TABLE, attr(2, be64(1)))))
    yield case("raw: rename in one batch", batch(*SETUP), batch(
        message("NEWCHAIN", TABLE, attr(2, be64(1)), attr(3, "d")), new_chain("d")), final_dump=False)
    yield case("raw: rename and delete", batch(*SETUP), batch(
        message("NEWCHAIN", TABLE, attr(2, be64(1)), attr(3, "d")), message("DELCHAIN", TABLE, attr(3, "c"))))
    yield case("raw: bound chains", batch(new_table(), new_chain(None, attr(10, BINDING), attr(11, 7))),
               batch(new_table(), new_chain("c"), new_chain(None, attr(10, BINDING), attr(11, 7)),
                     new_rule(attr(11, 7), chain=None), new_rule(exprs=[attr(1, [attr(1, "immediate"), attr(2, [
                         attr(1, 0), attr(2, [attr(2, [attr(1, -3), attr(3, 7)])])])])])), final_dump=False)
    yield case("raw: get", batch(*SETUP), request(
        message("GETTABLE", TABLE), message("GETTABLE", attr(1, "x")), message("GETTABLE"),
        message("GETCHAIN", TABLE, attr(3, "c")), message("GETCHAIN", TABLE, attr(3, "x")), message("GETCHAIN", TABLE),
        message("GETCHAIN"), message("GETRULE", TABLE, attr(2, "c"), attr(3, be64(2))),
        message("GETRULE", TABLE, attr(2, "c"), attr(3, be64(99))), message("GETRULE", TABLE, attr(2, "c")),
        message("GETRULE", TABLE, attr(2, "x")), message("GETTABLE", TABLE, family="ip6"), message("NEWTABLE", TABLE),
        message("GETFLOWTABLE", TABLE), message("GETFLOWTABLE", TABLE, attr(2, "f"))),
        request(message("GETRULE", TABLE, flags=NLM_F_DUMP)), request(message("GETRULE", TABLE, attr(2, "c"), flags=NLM_F_DUMP)),
        request(message("GETRULE", TABLE, attr(2, "x"), flags=NLM_F_DUMP)),
        request(message("GETRULE_RESET", TABLE, flags=NLM_F_DUMP)),
        request(message("GETRULE_RESET", TABLE, attr(2, "c"), attr(3, be64(2)))),
        request(message("GETTABLE", family="ip6", flags=NLM_F_DUMP)),
        request(message("GETTABLE", family="ip", flags=0x100)), request(message("GETCHAIN", flags=NLM_F_DUMP, family="unspec")))


def raw_rules():
    yield case("raw: rule flags", *[batch(*(SETUP + (new_rule(flags=flags),))) for flags in (
        0, NLM_F_CREATE, NLM_F_APPEND, NLM_F_CREATE | NLM_F_EXCL, NLM_F_CREATE | NLM_F_REPLACE, NLM_F_REPLACE)])
    yield case("raw: rule by handle", batch(*SETUP), *[batch(new_rule(attr(3, be64(2)), flags=flags)) for flags in (
        0, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REPLACE | NLM_F_CREATE)],
        batch(new_rule(attr(3, be64(77)), flags=NLM_F_REPLACE)),
        batch(new_rule(attr(3, be64(2)), flags=NLM_F_REPLACE), new_rule(attr(3, be64(2)), flags=NLM_F_REPLACE)),
        batch(message("DELRULE", TABLE, attr(2, "c"), attr(3, be64(2))), new_rule(attr(3, be64(2)), flags=NLM_F_REPLACE)),
        batch(message("DELRULE", TABLE, attr(2, "c"), attr(3, be64(2))), message("DELRULE", TABLE, attr(2, "c"), attr(3, be64(2)))),
        batch(message("DELRULE", TABLE, attr(2, "c"), attr(3, be64(2))), new_rule(attr(6, be64(2)))))
    yield case("raw: rule positions", batch(*SETUP), batch(new_rule(attr(6, be64(2)))), batch(new_rule(attr(6, be64(99)))),
               batch(new_rule(attr(6, be64(2)), flags=NLM_F_CREATE)), batch(new_rule(attr(9, 1)), new_rule(attr(10, 1))),
               batch(new_rule(attr(9, 1)), new_rule(attr(10, 1), flags=NLM_F_CREATE)), batch(new_rule(attr(10, 5))),
               batch(new_rule(attr(9, 3)), message("DELRULE", TABLE, attr(2, "c"), attr(9, 3))))
    yield case("raw: rule chains", batch(*SETUP), batch(new_rule(chain="x")), batch(new_rule(chain=None)),
               batch(new_rule(attr(11, 4), chain=None)), batch(new_chain("d", attr(11, 4)), new_rule(attr(11, 4), chain=None)))
    yield case("raw: rule expressions", batch(*SETUP), *[batch(message(
        "NEWRULE", TABLE, attr(2, "c"), body, flags=NLM_F_CREATE | NLM_F_APPEND)) for body in (
            attr(4, b""), attr(4, b"\1"), attr(4, [attr(2, [attr(1, "counter")])]), attr(4, [attr(1, b"")]),
            attr(4, [attr(1, b"\1")]), attr(4, [attr(1, [attr(2, b"")])]), attr(4, [attr(1, [attr(1, "nosuch")])]),
            attr(4, [attr(1, [attr(1, "")])]), attr(4, [attr(1, [attr(1, "x" * 60)])]), attr(4, [COUNTER] * 128),
            attr(4, [COUNTER] * 129), attr(4, [immediate(0), immediate(1)]), attr(4, [immediate(5)]),
            attr(4, [immediate(-3)]), attr(4, [attr(1, [attr(1, "payload"), attr(2, [attr(1, 1)])])]), b"")])
    yield case("raw: notifications of places", batch(*SETUP), batch(*[new_rule() for _ in range(4)]),
               batch(new_rule(attr(6, be64(4)))), batch(new_rule(flags=NLM_F_CREATE)),
               batch(new_rule(attr(3, be64(4)), flags=NLM_F_REPLACE)))
    yield case("raw: delete rules", batch(*SETUP, new_chain("d"), new_rule(chain="d")),
               batch(message("DELRULE", TABLE, attr(2, "c"), attr(9, 1))), batch(message("DELRULE", TABLE, attr(2, "x"))),
               batch(message("DELRULE", TABLE, attr(2, "d"), attr(3, be64(2)))), batch(message("DELRULE", TABLE, attr(2, "d"))),
               batch(message("DELRULE", TABLE)), batch(message("DELRULE", attr(1, "x"))))
    yield case("raw: commit errors", batch(new_table("t", "netdev"), message(
        "NEWCHAIN", TABLE, attr(3, "c"), hook(0, 10, attr(3, "nicemu0")), attr(10, OFFLOAD), attr(5, DROP), family="netdev",
        flags=NLM_F_CREATE)), batch(new_table("t", "netdev"), message(
            "NEWCHAIN", TABLE, attr(3, "c"), hook(0, 10, attr(3, "nicemu0")), attr(10, OFFLOAD), attr(5, DROP),
            family="netdev", flags=NLM_F_CREATE), ack=False))


# ---- at random ----

def jump_to(chain, code=-3):
    return attr(1, [attr(1, "immediate"), attr(2, [attr(1, 0), attr(2, [attr(2, [attr(1, code), attr(2, chain)])])])])


def random_message(random):
    """A message out of a small world of names and numbers, so that messages meet each other."""
    chain, handle = random.choice("cde"), be64(random.randint(1, 9))
    maybe = lambda *attributes: [a for a in attributes if random.random() < 0.3]
    exprs = [random.choice([COUNTER, COUNTER, immediate(ACCEPT), jump_to(random.choice("cde")), jump_to("b")])
             for _ in range(random.randint(0, 2))]
    kind = random.choice("table chain base bind rule rule rule rule insert replace rename policy "
                         "deltable delchain delrule delrule delrules flush destroy".split())
    flags = random.choice([0, NLM_F_CREATE, NLM_F_CREATE, NLM_F_CREATE | NLM_F_EXCL, NLM_F_ECHO])
    if kind == "table":
        return message("NEWTABLE", TABLE, *maybe(attr(2, random.randint(0, 1))), flags=flags)
    if kind == "chain":
        return new_chain(chain, *maybe(attr(11, random.randint(1, 3)), attr(12, b"user")), flags=flags)
    if kind == "base":
        return new_chain("b", hook(1, 0), *maybe(attr(5, random.randint(0, 1))), flags=flags)
    if kind == "bind":
        return new_chain(None, attr(10, BINDING), attr(11, random.randint(1, 3)), flags=flags)
    if kind == "policy":
        return new_chain("b", attr(5, random.randint(0, 1)), flags=0)
    if kind == "rename":
        return message("NEWCHAIN", TABLE, attr(2, handle), attr(3, random.choice("cdef")))
    if kind in ("rule", "insert"):
        append = NLM_F_APPEND if kind == "rule" else 0
        where = maybe(attr(6, handle), attr(10, random.randint(1, 3)), attr(9, random.randint(1, 3)))
        named = random.random() < 0.8
        return new_rule(*where, *([] if named else [attr(11, random.randint(1, 3))]),
                        chain=random.choice([chain, "b"]) if named else None, exprs=exprs,
                        flags=NLM_F_CREATE | append | (flags & NLM_F_ECHO))
    if kind == "replace":
        return new_rule(attr(3, handle), chain=random.choice([chain, "b"]), exprs=exprs, flags=NLM_F_REPLACE)
    if kind == "deltable":
        return message("DELTABLE", *maybe(TABLE), flags=random.choice([0, 0, NLM_F_NONREC]))
    if kind == "delchain":
        return message("DELCHAIN", TABLE, random.choice([attr(3, chain), attr(3, "b"), attr(2, handle)]),
                       flags=random.choice([0, 0, NLM_F_NONREC]))
    if kind == "delrule":
        return message("DELRULE", TABLE, attr(2, random.choice([chain, "b"])),
                       random.choice([attr(3, handle), attr(3, handle), attr(9, random.randint(1, 3))]))
    if kind == "delrules":
        return message("DELRULE", TABLE, attr(2, random.choice([chain, "b"])))
    if kind == "flush":
        return message("DELRULE", TABLE)
    return message(random.choice(["DESTROYTABLE", "DESTROYCHAIN", "DESTROYRULE"]), TABLE,
                   *maybe(attr(2, handle if random.random() < .5 else chain), attr(3, chain)))


def at_random(seed, number):
    """Batches that mostly succeed: what fails is a single odd message among good ones."""
    random = Random(seed)
    for i in range(number):
        start = batch(new_table(), new_chain("c"), new_chain("d"), new_chain("b", hook(1, 0)),
                      new_rule(), new_rule(exprs=[jump_to("d")]), new_rule(chain="b"))
        batches = [batch(*[random_message(random) for _ in range(random.choice([1, 1, 1, 2, 3, 6]))],
                         end=random.random() < 0.9) for _ in range(12)]
        yield case("random %d of seed %d" % (i, seed), start, *batches, final_dump=True)


def all_cases():
    for source in (in_every_family, base_chains, jumps, offload_chains, raw_tables, raw_chains, raw_rules):
        yield from source()
