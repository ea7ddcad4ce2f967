# SPDX-License-Identifier: GPL-2.0-or-later
"""Transactions in nft's words: what a kernel tells its driver, in which order, and what it takes back.

A case is a name and steps. A step is the text of one `nft -f`, or an event: "gone DEVICE", "came DEVICE",
"rename DEVICE NAME", "check TEXT" (nft -c), "list". Devices are eth0 ... eth3; eth3 belongs to the runner. Every case starts
with an empty ruleset. WIDE cases meet a NIC where everything fits, SMALL cases one with ENTRIES entries.
"""
from collections import namedtuple

Case = namedtuple("Case", "name steps")

ENTRIES = 3


def chain(*rules, device="eth0", name="c", table="t", priority=10, rest="", flags="flags offload;"):
    devices = "device %s" % device if isinstance(device, str) else "devices = { %s }" % ", ".join(device)
    body = "".join("\n\t\t" + rule for rule in rules)
    return "table netdev %s {\n\tchain %s {\n\t\ttype filter hook ingress %s priority %s; %s %s%s\n\t}\n}\n" % (
        table, name, devices, priority, flags, rest, body)


def lines(*commands):
    return "".join(command + "\n" for command in commands)


def drops(first, last):
    return ["ip saddr 10.0.0.%d drop" % n for n in range(first, last + 1)]


def adds(first, last, name="c"):
    return ["add rule netdev t %s %s" % (name, rule) for rule in drops(first, last)]


def deletes(*handles, name="c"):
    return ["delete rule netdev t %s handle %d" % (name, handle) for handle in handles]


R3 = chain(*drops(1, 3))  # handles: chain 1, rules 2 3 4
BOTH = ("eth0", "eth1")

WIDE = [
    Case("chain without rules", [chain()]),
    Case("three rules", [R3]),
    Case("rules one batch after the other", [chain(), lines(*adds(1, 1)), lines(*adds(2, 3)), lines(*adds(4, 4))]),
    Case("fifty rules", [chain(*drops(1, 50))]),
    Case("delete a rule", [R3, lines(*deletes(3))]),
    Case("delete a rule that is not there", [R3, lines(*deletes(77))]),
    Case("delete all rules in one batch", [R3, lines(*deletes(4, 2, 3))]),
    Case("flush the chain", [R3, "flush chain netdev t c\n"]),
    Case("flush the table", [R3, "flush table netdev t\n"]),
    Case("flush the ruleset", [R3, "flush ruleset\n"]),
    Case("delete the chain", [R3, "delete chain netdev t c\n"]),
    Case("delete the table", [R3, "delete table netdev t\n"]),
    Case("delete the flushed chain", [R3, lines("flush chain netdev t c", "delete chain netdev t c")]),
    Case("delete a rule and add it again in one batch", [R3, lines(*deletes(3), *adds(2, 2))]),
    Case("add a rule and delete it by the handle it gets", [R3, lines(*adds(9, 9), *deletes(5))]),
    Case("flush and fill in one batch", [R3, lines("flush chain netdev t c", *adds(11, 12))]),
    Case("reload the whole ruleset", [R3, "flush ruleset\n" + chain(*drops(2, 4))]),
    Case("reload the table", [R3, "delete table netdev t\n" + chain(*drops(2, 4))]),
    Case("reload with another device", [R3, "flush ruleset\n" + chain(*drops(2, 4), device="eth1")]),
    Case("delete the chain and add it again in one batch", [R3, "delete chain netdev t c\n" + R3]),
    Case("delete a chain and add another on its device", [R3, "delete chain netdev t c\n" + chain(name="d")]),
    Case("the same file twice", [R3, R3]),
    Case("an error in the batch: nothing happens", [R3, lines(*adds(5, 6), "add rule netdev t c ip ttl 1 drop", *adds(7, 7))]),
    Case("an error in the batch of the chain", [chain(*drops(1, 2), "tcp dport 80-90 drop", "drop", "log drop")]),
    Case("a rule for a chain that is not there", [R3, lines(*adds(5, 5), *adds(6, 6, "d"))]),
    Case("insert", [R3, "insert rule netdev t c ip saddr 10.0.0.9 drop\n"]),
    Case("insert in an empty chain", [chain(), "insert rule netdev t c ip saddr 10.0.0.9 drop\n"]),
    Case("insert before a handle", [R3, "insert rule netdev t c position 3 ip saddr 10.0.0.9 drop\n"]),
    Case("insert undoes the batch", [R3, lines(*adds(5, 6), "insert rule netdev t c drop", *adds(7, 7))]),
    Case("insert undoes the chain of the batch", [chain(*drops(1, 2)) + "insert rule netdev t c drop\n"]),
    Case("add behind a handle", [R3, "add rule netdev t c position 2 ip saddr 10.0.0.9 drop\n", "list"]),
    Case("add behind the last handle", [R3, "add rule netdev t c handle 4 ip saddr 10.0.0.9 drop\n", "list"]),
    Case("add behind an index", [R3, "add rule netdev t c index 0 ip saddr 10.0.0.9 drop\n", "list"]),
    Case("insert before an index", [R3, "insert rule netdev t c index 1 ip saddr 10.0.0.9 drop\n", "list"]),
    Case("replace", [R3, "replace rule netdev t c handle 3 ip saddr 10.0.0.9 drop\n", "list"]),
    Case("replace undoes the batch", [R3, lines(*deletes(2), *adds(5, 5), "replace rule netdev t c handle 3 drop"), "list"]),
    Case("delete two rules, then a refusal at commit", [R3, lines(*deletes(2, 4), *adds(5, 5), "insert rule netdev t c drop"), "list"]),
    Case("flush, then a refusal at commit", [R3, lines("flush chain netdev t c", *adds(5, 5), "insert rule netdev t c drop"), "list"]),
    Case("delete the chain, then a refusal at commit", [R3, "delete chain netdev t c\n" + chain(device="eth1", name="d", rest="policy drop;"), "list"]),
    Case("delete the table, then a refusal at commit", [R3, "delete table netdev t\n" + chain(*drops(5, 6), rest="policy drop;"), "list"]),
    Case("reload, with a refusal at commit in the end", [R3, "flush ruleset\n" + chain(*drops(5, 6)) + "insert rule netdev t c drop\n", "list"]),
    Case("policy drop", [chain(rest="policy drop;")]),
    Case("policy drop with rules", [chain(*drops(1, 2), rest="policy drop;")]),
    Case("policy drop behind another chain", [R3 + chain(device="eth1", name="d", rest="policy drop;"), "list"]),
    Case("policy changed later", [R3, "chain netdev t c { policy drop; }\n", lines(*adds(5, 5))]),
    Case("two chains on one device", [R3, chain("ip saddr 10.0.0.9 drop", name="d", priority=20), "list"]),
    Case("two chains on one device in one batch", [R3 + chain("ip saddr 10.0.0.9 drop", name="d", priority=20), "list"]),
    Case("two chains on one device, without offload the second", [R3, chain("ip saddr 10.0.0.9 drop", name="d", flags="")]),
    Case("two chains on two devices", [R3 + chain("ip saddr 10.0.0.9 drop", device="eth1", name="d", priority=20)]),
    Case("two tables", [R3, chain(*drops(4, 5), device="eth1", table="u"), "delete table netdev t\n"]),
    Case("the second of two tables is busy", [R3, chain(*drops(4, 5), device="eth1", table="u") + chain(device="eth0", table="v"), "list"]),
    Case("priority 1", [chain(*drops(1, 1), priority=1)]),
    Case("priority 65535", [chain(*drops(1, 1), priority=65535)]),
    Case("priority 0", [chain(*drops(1, 1), priority=0)]),
    Case("priority 65536", [chain(*drops(1, 1), priority=65536)]),
    Case("priority by name", [chain(*drops(1, 1), priority="filter + 7")]),
    Case("another priority later", [R3, chain(priority=20)]),
    Case("offload switched off later", [R3, chain(flags="")]),
    Case("offload switched on later", [chain(flags=""), chain()]),
    Case("chain on egress", [chain(*drops(1, 1)).replace("hook ingress", "hook egress")]),
    Case("devices", [chain(*drops(1, 2), device=BOTH)]),
    Case("devices in another order", [chain(*drops(1, 2), device=("eth2", "eth0", "eth1"))]),
    Case("devices: delete a rule", [chain(*drops(1, 3), device=BOTH), lines(*deletes(3))]),
    Case("devices: delete the chain", [chain(*drops(1, 2), device=BOTH), "delete chain netdev t c\n"]),
    Case("devices: a refusal at commit", [chain(*drops(1, 2), device=BOTH), lines(*adds(5, 6), *deletes(2), "insert rule netdev t c drop"), "list"]),
    Case("devices: the second is busy", [chain(device="eth1", name="d"), chain(*drops(1, 2), device=("eth0", "eth1", "eth2")), "list"]),
    Case("devices: the first is busy", [chain(device="eth0", name="d"), chain(*drops(1, 2), device=("eth0", "eth1", "eth2")), "list"]),
    Case("devices: the same twice", [chain(device=("eth0", "eth0"))]),
    Case("devices: one that is not there", [chain(*drops(1, 1), device=("eth0", "nosuch0"))]),
    Case("a device that is not there", [chain(*drops(1, 1), device="nosuch0")]),
    Case("devices: one is added later", [R3, chain(device="eth1"), lines(*adds(5, 5)), "delete chain netdev t c\n"]),
    Case("forward, mirror, both", [chain("fwd to eth1", "dup to eth1", "dup to eth1 fwd to eth2", "ip saddr 10.0.0.1 counter dup to eth1 drop")]),
    Case("forward to itself", [chain("fwd to eth0")]),
    Case("match of the device", [chain("iif eth0 drop", "iif eth2 accept")]),
    Case("a chain that is no base chain", ["table netdev t {\n\tchain r { }\n}\n" + chain("jump r", "goto r")]),
    Case("dormant table", ["table netdev t {\n\tflags dormant;\n}\n" + R3, "list"]),
    Case("a table goes dormant", [R3, "table netdev t { flags dormant; }\n", lines(*adds(5, 5)), "list"]),
    Case("a dormant table wakes", ["table netdev t { flags dormant; }\n" + R3, "table netdev t { }\n", "add table netdev t\n", "list"]),
    Case("counters, listed", [chain("ip saddr 10.0.0.1 counter drop", "counter accept"), "list", "list"]),
    Case("counters with a value", [chain("ip saddr 10.0.0.1 counter packets 5 bytes 700 drop"), "list"]),
    Case("a check changes nothing", [R3, "check " + lines(*adds(5, 6)), "check " + lines("insert rule netdev t c drop"), "list"]),
    Case("comments and user data", [chain("ip saddr 10.0.0.1 drop comment \"one\"", "drop comment \"two\""), "list"]),
    Case("create", ["create table netdev t\ncreate chain netdev t c { type filter hook ingress device eth0 priority 10; flags offload; }\n",
                    "create chain netdev t c { type filter hook ingress device eth0 priority 10; flags offload; }\n"]),
]

# Devices that come and go; after these cases the devices have their names again, and other indexes. A device that had another
# name when its chain was deleted goes, too: since 6.14 or so nf_tables never unbinds it, and what a driver makes of that is its own.
DEVICES = [
    Case("device removed while bound", [R3, "gone eth0", "list", lines(*adds(5, 5)), "came eth0", "list", lines(*adds(6, 6))]),
    Case("device removed while bound, without rules", [chain(), "gone eth0", "list", "came eth0"]),
    Case("device removed: the other stays bound", [chain(*drops(1, 2), device=BOTH), "gone eth0", "list", lines(*adds(5, 5)), lines(*deletes(2)), "came eth0", "delete chain netdev t c\n"]),
    Case("both devices removed", [chain(*drops(1, 2), device=BOTH), "gone eth1", "gone eth0", "list", "came eth0", "came eth1", "delete table netdev t\n"]),
    Case("device removed, its rules deleted", [R3, "gone eth0", lines(*deletes(3)), "delete table netdev t\n", "came eth0"]),
    Case("device renamed while bound", [R3, "rename eth0 wan0", lines(*adds(5, 5)), "list", "delete chain netdev t c\n", "rename wan0 eth0", "gone eth0", "came eth0"]),
    Case("device renamed, its table deleted", [R3, "rename eth0 wan0", "delete table netdev t\n", "rename wan0 eth0", "gone eth0", R3, "came eth0"]),
    Case("device renamed, a chain by its new name", ["rename eth0 wan0", chain(*drops(1, 2), device="wan0"), "list", "delete table netdev t\n", "rename wan0 eth0"]),
]

SMALL = [
    Case("the table is full at rule 4 of 5, new chain", [chain(*drops(1, 5)), "list"]),
    Case("the table is full at rule 3 of 4, older chain", [chain(*drops(1, 1)), lines(*adds(2, 5)), "list", lines(*adds(6, 7))]),
    Case("the table is full at the first rule", [chain(*drops(1, 3)), lines(*adds(4, 4)), "list"]),
    Case("room is made in the same batch", [chain(*drops(1, 3)), lines(*deletes(2), *adds(4, 4)), "list"]),
    Case("room is made too late in the batch", [chain(*drops(1, 3)), lines(*adds(4, 4), *deletes(2)), "list"]),
    Case("deleted rules come back", [chain(*drops(1, 3)), lines(*deletes(2, 3), *adds(4, 6)), "list"]),
    Case("flushed rules come back", [chain(*drops(1, 3)), lines("flush chain netdev t c", *adds(4, 7)), "list"]),
    Case("a deleted chain comes back", [chain(*drops(1, 3)), "delete chain netdev t c\n" + chain(*drops(4, 7), name="d"), "list"]),
    Case("a deleted table comes back", [chain(*drops(1, 2)), "delete table netdev t\n" + chain(*drops(4, 7)), "list"]),
    Case("a reload that does not fit", [chain(*drops(1, 3)), "flush ruleset\n" + chain(*drops(4, 7)), "list"]),
    Case("a reload that fits", [chain(*drops(1, 3)), "flush ruleset\n" + chain(*drops(4, 6)), "list"]),
    Case("two devices: full at the second, new chain", [chain(*drops(1, 2), device=BOTH), "list"]),
    Case("two devices: full at the second, older chain", [chain(*drops(1, 1), device=BOTH), lines(*adds(2, 3)), "list", lines(*deletes(2)), "delete chain netdev t c\n"]),
    Case("two devices: deleted rules come back", [chain(*drops(1, 1), device=BOTH), lines(*deletes(2), *adds(2, 3)), "list"]),
    Case("two chains: the second is full", [chain(*drops(1, 2)) + chain(*drops(3, 5), device="eth1", name="d"), "list"]),
    Case("two chains: rules of both come back", [chain(*drops(1, 1)) + chain(*drops(2, 3), device="eth1", name="d"),
                                                 lines(*deletes(3), *deletes(4, name="d"), *adds(5, 6), *adds(7, 8, "d")), "list"]),
    Case("three devices: full at the last", [chain(device=("eth0", "eth1", "eth2")), lines(*adds(1, 1)), lines(*adds(2, 2)), "list"]),
]
