# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model's clause advises works: for each hint a rule that the clause refuses, and one written as
the hint says, which the same model takes."""
import json
import shutil
import os
import re
import unittest

from nicemu import nicemu, skip_suite, write_temporary

FILE = """table netdev t {
	chain c {
		type filter hook ingress device eth0 priority 1; flags offload;
%s
	}
}
"""
BOTH = """table netdev t {
	chain c {
		type filter hook ingress devices = { %s, %s } priority 1; flags offload;
		ip saddr 10.0.0.1 drop
	}
}
"""
SWITCHDEV = """nic: hints
model: %s
ports:
  - {name: eth0, kind: uplink}
  - {name: eth1, kind: uplink}
  - {name: rep0, kind: representor, represents: vf0}
  - {name: vf0, kind: vf}
"""
# A hint with these words advises nothing that could be loaded.
NO_FORM = ("there is no form that works", "nft cannot offload")
IP = "meta protocol ip "
MIRRORED = "@ll,96,16 0x8100 @ll,112,16 & 0xfff == 5 dup to eth1"

# Reason: what it refuses, what the hint says instead (rules by line). Where rep0 is named the NIC is SWITCHDEV.
CASES = {
    "cxgb4:mirror": (IP + "dup to eth1", IP + "fwd to eth1"),
    "cxgb4:unsupported-key": ("iif eth0 ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"),
    "dpaa2-switch:one-action": (IP + "dup to eth1 drop", IP + "drop"),
    "dpaa2-switch:mirror-only-vlan": ("vlan id 5 dup to eth1", MIRRORED),
    "dpaa2-switch:mirror-needs-vlan": (IP + "dup to eth1", MIRRORED),
    "dpaa2-switch:mirror-vlan-id-only": ("@ll,96,16 0x8100 @ll,112,16 & 0xffff == 0x2005 dup to eth1", MIRRORED),
    "dpaa2-switch:mirror-vlan-id-full": ("@ll,96,16 0x8100 @ll,112,16 & 0xff0 == 0x10 dup to eth1", MIRRORED),
    "dpaa2-switch:unsupported-action": (IP + "accept", IP + "drop"),
    "dpaa2-switch:interface-type": ("ether saddr 02:00:00:00:00:01 drop", "@ll,48,48 0x020000000001 drop"),
    "dpaa2-switch:unsupported-key": ("iif eth0 ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"),
    "ice:unsupported-key": ("iif eth0 ip saddr 10.0.0.1 drop", "meta protocol ip ip saddr 10.0.0.1 drop"),
    "ice:nothing-to-match": ("meta l4proto udp drop", "meta protocol ip ip saddr 10.0.0.1 drop"),
    "ice:nothing-but-port-zero": ("tcp dport 0 drop", "meta protocol ip tcp dport 0 drop"),
    "ice:unsupported-action": ("ip saddr 10.0.0.1 accept", "ip saddr 10.0.0.1 fwd to rep0"),
    "mlx5:ingress-port": ("iif eth1 ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"),
    "mlx5:uplink-to-uplink": ("ip saddr 10.0.0.1 fwd to eth1", "ip saddr 10.0.0.1 fwd to rep0"),
    "mlx5:forward-and-drop": ("ip saddr 10.0.0.1 dup to rep0 drop", "ip saddr 10.0.0.1 fwd to rep0"),
    "nfp:protocol-802-3": ("tcp dport 80 drop", "meta protocol ip tcp dport 80 drop"),
    "nfp:unsupported-action": (IP + "accept", IP + "drop"),
    "ocelot:no-ipv6-addresses": ("ip6 saddr 2001:db8::1 drop", "meta protocol ip6 drop"),
    "ocelot:needs-ethertype": ("iif eth0 drop", "meta protocol ip drop"),
    "prestera:ingress-ifindex-mask": ("ether saddr 02:00:00:00:00:01 drop", "meta protocol ip ip saddr 10.0.0.1 drop"),
    "prestera:unsupported-action": (IP + "fwd to eth1", IP + "drop"),
    "stmmac:needs-basic-or-ipv4": ("iif eth0 drop", "ip saddr 10.0.0.1 drop"),
    "bnxt:needs-control-and-basic": ("tcp dport 80 drop", "ip saddr 10.0.0.1 tcp dport 80 drop"),
    "hns3:interface-type": ("vlan id 5 drop", "@ll,96,16 0x8100 @ll,112,16 & 0xfff == 5 drop"),
    "hns3:unsupported-key": ("iif eth0 ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"),
    "hns3:one-action": (IP + "dup to eth1 drop", IP + "drop"),
    "hns3:unsupported-action": (IP + "accept", IP + "drop"),
    "sfc:interface-type": ("ether type 0x1234 drop", "meta protocol 0x1234 drop"),
    "sfc:unsupported-key": ("iif eth0 ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"),
    "sfc:l3-needs-ip": ("tcp dport 80 drop", "meta protocol ip tcp dport 80 drop"),
    "sfc:unsupported-action": (IP + "accept", IP + "drop"),
}

# Reason of a conflict: chains (port, priority, rules by line) of which the last rule is refused, and as the hint says.
BESIDE = {
    "cxgb4:priority-order": ([("eth0", 2, IP + "drop"), ("eth1", 1, IP + "drop")],
                             [("eth0", 1, IP + "drop"), ("eth1", 2, IP + "drop")]),
    "dpaa2-switch:one-mirror-port": ([("eth0", 1, MIRRORED + "\n" + MIRRORED.replace("5", "6").replace("eth1", "eth2"))],
                                     [("eth0", 1, MIRRORED + "\n" + MIRRORED.replace("5", "6"))]),
    "dpaa2-switch:mirror-twice": ([("eth0", 1, MIRRORED + "\n" + MIRRORED)],
                                  [("eth0", 1, MIRRORED + "\n" + MIRRORED.replace("5", "6"))]),
    "hns3:priority-used": ([("eth0", 1, IP + "ip saddr 10.0.0.1 drop\n" + IP + "ip saddr 10.0.0.2 drop")],
                           [("eth0", 1, IP + "ip saddr 10.0.0.1 drop"), ("eth1", 1, IP + "ip saddr 10.0.0.2 drop")]),
    "ocelot:arp-beside-ip": ([("eth0", 1, IP + "drop\nether type arp drop")],
                             [("eth0", 1, IP + "drop"), ("eth1", 1, "ether type arp drop")]),
    "ocelot:ip-beside-arp": ([("eth0", 1, "ether type arp drop\n" + IP + "drop")],
                             [("eth0", 1, "ether type arp drop"), ("eth1", 1, IP + "drop")]),
    "ocelot:one-mirror-port": ([("eth0", 1, IP + "dup to eth1\nmeta protocol ip6 dup to eth2")],
                               [("eth0", 1, IP + "dup to eth1\nmeta protocol ip6 dup to eth1")]),
}

# Reason: the two ports that no chain can be on; a chain for each can.
ON_BOTH = {
    "cxgb4:rule-on-two-ports": ("eth0", "eth1"),
    "ice:rule-on-two-ports": ("rep0", "eth0"),
    "ice:rule-on-uplink-too": ("eth0", "rep0"),
    "sfc:rule-on-two-ports": ("rep0", "eth0"),
    "sfc:rule-on-uplink-too": ("eth0", "rep0"),
}

# Their clauses are met by tc filters only: nft's rules have an action, and name TCP or UDP before a port; or an
# earlier clause of the model is met first. tests/models has the commands.
NOT_FROM_NFT = {"stmmac:needs-action", "hns3:needs-action", "bnxt:needs-action", "bnxt:ports-tcp-udp", "sfc:l4-needs-tcp-udp",
                "nfp:ethertype-needed", "ocelot:mac-needs-ethertype", "ocelot:mac-beside-ip", "ocelot:ip-beside-mac",
                "ocelot:mac-in-vlan-beside-ip", "ocelot:ip-beside-mac-in-vlan"}


def chains(*parts):
    """A file with a chain for each (port, priority, rules by line)."""
    return "".join(FILE.replace(" t ", " t%d " % i).replace("eth0", port).replace("priority 1", "priority %d" % priority) % rules
                   for i, (port, priority, rules) in enumerate(parts))


def verdicts(model, rules, *ports):
    """[(verdict, id)] of the rules, one a line; with ports: of a file with a chain."""
    words = ["check", "-j", "-m", model]
    if "rep0" in rules or "rep0" in ports:
        words[2:] = ["-n", write_temporary(SWITCHDEV % model, ".yaml")]
    done = nicemu(*words, write_temporary(rules if ports else FILE % rules))
    document = json.loads(done.stdout)
    return [(r["verdict"], r.get("id")) for r in document["runs"][0]["rules"]]


def hints():
    models = json.loads(nicemu("show", "model", "-j").stdout)["models"]
    for model in models:
        document = json.loads(nicemu("show", "model", model["name"], "-j").stdout)
        for clause in document["clauses"] + document["conflicts"]:
            if clause["hint"] and not any(words in clause["hint"] for words in NO_FORM):
                yield clause["reason"], model["name"], clause["hint"]


class Hints(unittest.TestCase):
    def test_each_is_tried_or_its_clause_is_out_of_reach(self):
        known = set(CASES) | set(BESIDE) | set(ON_BOTH) | NOT_FROM_NFT
        self.assertEqual({(reason, hint) for reason, _, hint in hints() if reason not in known}, set())
        self.assertEqual(known - {reason for reason, _, _ in hints()}, set(), "no longer there")

    def test_what_is_advised_is_taken_and_what_it_replaces_is_refused(self):
        for reason, (refused, advised) in CASES.items():
            with self.subTest(reason):
                model = reason.split(":")[0]
                self.assertEqual(verdicts(model, refused), [("refused", reason)])
                self.assertEqual(verdicts(model, advised), [("offloaded", None)])

    def test_what_is_advised_stands_beside_other_rules(self):
        for reason, files in BESIDE.items():
            with self.subTest(reason):
                model = reason.split(":")[0]
                refused, advised = (verdicts(model, chains(*file), "eth0") for file in files)
                self.assertEqual(refused, [("offloaded", None), ("refused", reason)])
                self.assertEqual(advised, [("offloaded", None), ("offloaded", None)])

    def test_a_chain_for_each_port_is_taken_where_one_on_both_is_refused(self):
        for reason, ports in ON_BOTH.items():
            with self.subTest(reason):
                model = reason.split(":")[0]
                both = BOTH % ports
                each = chains(*((port, 1, "ip saddr 10.0.0.1 drop") for port in ports))
                self.assertEqual(dict(verdicts(model, both, *ports)), {"offloaded": None, "refused": reason})
                self.assertEqual(verdicts(model, each, *ports), [("offloaded", None), ("offloaded", None)])


TYPICAL = """ip saddr 10.0.0.1 drop; ip saddr 10.0.0.1 accept; ip saddr 10.0.0.0/8 counter drop; ip daddr 10.0.0.0/9 accept
ip saddr 10.0.0.1 ip daddr 10.0.0.2 drop; ip protocol tcp drop; ip protocol icmp accept; ip protocol 47 drop
ip6 saddr 2001:db8::1 drop; ip6 daddr 2001:db8::/32 accept; ip6 nexthdr udp drop; meta protocol ip6 drop; meta protocol ip accept
meta protocol arp drop; ether type 0x1234 drop; ether type ip drop; ether type vlan drop
ether saddr 02:00:00:00:00:01 drop; ether daddr ff:ff:ff:ff:ff:ff accept; ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1 drop
vlan id 10 drop; vlan id 10 accept; vlan id 10 ip saddr 10.0.0.1 drop; vlan id 10 tcp dport 80 drop; vlan pcp 3 drop
tcp dport 80 drop; tcp dport 80 accept; udp dport 53 accept; udp sport 53 drop; tcp dport 80-90 drop; tcp dport { 22, 80 } drop
tcp dport 0 drop; tcp flags syn drop; meta l4proto udp drop; meta l4proto icmp accept; th dport 53 drop; icmp type 8 drop; sctp dport 5 drop
ip saddr 10.0.0.1 tcp dport 80 drop; ip saddr 10.0.0.1 udp sport 53 udp dport 53 accept; ip saddr != 10.0.0.1 drop
ip saddr { 10.0.0.1, 10.0.0.2-10.0.0.9 } drop; ip ttl 5 drop; ip dscp 3 drop; iif eth0 drop; iif eth0 ip saddr 10.0.0.1 drop
iifname eth0 drop; iiftype ether drop; meta mark 5 drop; meta mark set 1; ip daddr set 1.2.3.4; notrack; notrack accept; counter
fwd to eth1; ip saddr 10.0.0.1 fwd to eth1; tcp dport 80 fwd to eth1; dup to eth1; dup to eth1 accept; dup to eth1 drop
ip saddr 10.0.0.1 dup to eth1; ip saddr 10.0.0.1 dup to eth1 accept; vlan id 5 dup to eth1; vlan id 5 fwd to eth1
ether saddr 02:00:00:00:00:01 fwd to eth1; ip saddr 10.0.0.1 reject; ip saddr 10.0.0.1 return; limit rate 5/second drop; log drop
@nh,96,8 10 drop; @nh,96,32 0x0a000001 accept; @th,16,16 80 drop; @ll,48,48 0x020000000001 drop; drop; accept"""
RULES = [rule.strip() for line in TYPICAL.splitlines() for rule in line.split(";")]
ACTION = re.compile(r"(?:^|\s)((?:(?:counter|accept|drop|reject|return|(?:fwd|dup) to \S+)\s*)+)$")
# The other ports are for rules; eth1 is what they send to.
PORTS = ("eth0", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7")
# What a hint quotes without meaning it to be loaded: parts of the language, not rules.
WORDS = re.compile(r"^(flags offload|accept|drop|iif|ether type|vlan id|meta protocol|ether …|vlan …|dup|dup to|fwd|fwd to|counter|meta iiftype|dup to PORT|fwd to PORT)$")
NOTHING = ("no form", "nft cannot offload", "leave this rule to a chain without", "leave the limit to", "leave the quota to")


class Followed(unittest.TestCase):
    """Whoever does what a hint says is taken, or refused for something else that has a hint of its own."""

    def setUp(self):
        self.known = {}

    def judge(self, model, rules):
        """Asks about each rule in a chain of its own: into self.known."""
        rules = [rule for rule in dict.fromkeys(rules) if (model, rule) not in self.known]
        groups = [rules[start:start + len(PORTS)] for start in range(0, len(rules), len(PORTS))]
        while groups:
            group = groups.pop()
            text = chains(*((port, 1, rule) for port, rule in zip(PORTS, group)))
            run = json.loads(nicemu("check", "-j", "-m", model, write_temporary(text)).stdout)["runs"][0]
            records = {int(r["table"][1:]): r for r in run["rules"]}
            if len(records) == len(group):
                self.known.update({(model, rule): records[i] for i, rule in enumerate(group)})
            elif len(group) > 1:
                groups += [[rule] for rule in group]
            else:
                self.known[model, group[0]] = {"verdict": "error", "id": "nft", "hint": None,
                                               "reason": str(run["errors"] or run["chains"])}

    @staticmethod
    def followed(rule, hint, record):
        """For each text in backquotes the rules of which one has to be taken; form by form of a list."""
        action = ACTION.search(rule)
        for form in record.get("forms") or []:
            written = record["expression"] if record["expression"] in rule else re.sub(ACTION, "", rule).strip()
            yield form, [rule.replace(written, form)]
        for text in re.findall("`([^`]+)`", hint):
            if WORDS.match(text):
                continue
            if ACTION.search(text):
                yield text, [text]
            else:
                behind = action.group(1) if action else "drop"
                yield text, [text + " " + behind, text + " " + rule]

    def end(self, model, rule, ids=()):
        """None where the rule is taken or has no form, else what is wrong."""
        record = self.known[model, rule]
        if record["verdict"] == "offloaded":
            return None
        if record["id"] in ids:
            return "refused again: %s" % record["id"]
        hint = record["hint"] or ""
        if any(words in hint for words in NOTHING) or len(ids) == 3:
            return None
        if not hint and not ids:
            return None  # no advice is no wrong advice
        if not hint:
            return "refused without a hint: %s: %s" % (record["id"], record.get("reason"))
        steps = list(self.followed(rule, hint, record))
        self.judge(model, [way for _, ways in steps for way in ways])
        for text, ways in steps:
            ends = [self.end(model, way, (*ids, record["id"])) for way in ways]
            if all(ends):
                return "`%s` of the hint %r: %s" % (text, hint, ends[0])
        return None

    def test_of_typical_rules_on_each_model(self):
        models = [m["name"] for m in json.loads(nicemu("show", "model", "-j").stdout)["models"] if "chain" in m["front_ends"]]
        wrong, hinted = [], 0
        for model in models:
            self.judge(model, RULES)
            for rule in RULES:
                hinted += bool(self.known[model, rule]["hint"])
                end = self.end(model, rule)
                if end:
                    wrong.append("%s: %s: %s" % (model, rule, end))
        self.assertGreater(hinted, 400)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
