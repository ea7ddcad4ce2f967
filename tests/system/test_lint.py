# SPDX-License-Identifier: GPL-2.0-or-later
"""The lint: each id has a ruleset that shows it (rules/lint/ID.nft) and one close to it that does not (ID.near.nft).

Lines at the head of a ruleset say how it is loaded: `# options:` of nicemu, `# then:` a command that follows.
"""
import glob
import json
import os
import random
import re
import shlex
import unittest

from nicemu import NICEMU, PCAPS, RULES, SOURCE, nicemu, write_temporary

FOLDER = os.path.join(RULES, "lint")
# nft writes no such rules; tests/translate makes them of expressions.
NOT_BY_NFT = {"actions-overrun", "mistaken-for-protocol"}
# Has tests of its own below.
NOT_BY_FILE = {"not-all-looked-at"}
CHAIN = 'table netdev t {\n chain c {\n type filter hook ingress device "eth0" priority 10; flags offload;\n%s}\n}\n'


def known_ids():
    with open(os.path.join(SOURCE, "emu", "lint", "ids.h")) as f:
        return dict(re.findall(r'X\([A-Z_0-9]+, "([a-z0-9-]+)", ([A-Z]+)', f.read()))


def heads(path, what):
    with open(path) as f:
        return re.findall(r"(?m)^# %s: (.+)$" % what, f.read())


def lint(path, *options, then=(), more=()):
    """The findings after the rules of a file, and the exit status."""
    script = 'nft -f "$0"; ' + "; ".join(list(then) + ['"$1" show lint -j "${@:2}"'])
    done = nicemu("exec", "-q", *options, "--", "bash", "-c", script, path, NICEMU, *more, cwd=SOURCE)
    return json.loads(done.stdout)["findings"] if done.stdout else None, done


def lint_sample(path):
    options = [word for line in heads(path, "options") for word in shlex.split(line)]
    findings, done = lint(path, *options, then=heads(path, "then"))
    return findings, done


def lint_rules(*rules, options=(), then=()):
    path = write_temporary(CHAIN % "".join(" %s\n" % rule for rule in rules))
    return lint(path, *options, then=then)[0]


def of(findings, name):
    return [f for f in findings if f["id"] == name]


class Samples(unittest.TestCase):
    def test_every_id_has_a_ruleset_and_every_ruleset_an_id(self):
        names = {os.path.basename(p)[:-4] for p in glob.glob(os.path.join(FOLDER, "*.nft"))}
        bad = {n for n in names if not n.endswith(".near")}
        self.assertEqual(bad, set(known_ids()) - NOT_BY_NFT - NOT_BY_FILE)
        self.assertEqual({n + ".near" for n in bad}, names - bad)

    def test_ids_are_sorted_and_their_own(self):
        names = list(known_ids())
        self.assertEqual(names, sorted(set(names)))

    def test_every_warning_of_the_translation_is_an_id_of_the_lint(self):
        for path in glob.glob(os.path.join(SOURCE, "emu", "translate", "*.c")):
            with open(path) as f:
                for name in re.findall(r'offload_warn\(\s*o,\s*"([a-z-]+)"', f.read()):
                    self.assertIn(name, known_ids())

    def test_each_ruleset_shows_its_id(self):
        levels = known_ids()
        for path in sorted(glob.glob(os.path.join(FOLDER, "*.nft"))):
            name = os.path.basename(path)[:-4]
            if name.endswith(".near"):
                continue
            with self.subTest(name):
                findings, done = lint_sample(path)
                self.assertIsNotNone(findings, done.stderr)
                found = of(findings, name)
                self.assertTrue(found, "%s\n%s" % (findings, done.stderr))
                for finding in found:
                    self.assertEqual(finding["level"], levels[name].lower())
                    self.assertGreater(len(finding["text"]), 30)

    def test_its_neighbour_does_not(self):
        for path in sorted(glob.glob(os.path.join(FOLDER, "*.near.nft"))):
            name = os.path.basename(path)[:-9]
            with self.subTest(name):
                findings, done = lint_sample(path)
                self.assertIsNotNone(findings, done.stderr)
                self.assertEqual(of(findings, name), [], done.stderr)

    def test_the_first_line_says_what_a_ruleset_shows(self):
        for path in glob.glob(os.path.join(FOLDER, "*.nft")):
            with self.subTest(os.path.basename(path)), open(path) as f:
                self.assertRegex(f.readline(), r"^# [A-Z].{10,}\.$")


class Hints(unittest.TestCase):
    def test_forms_in_hints_are_accepted_and_have_no_such_finding(self):
        seen = set()
        for rule in ("ip6 nexthdr udp drop", "ip6 nexthdr ipv6-icmp drop", "meta protocol vlan drop",
                     "meta protocol 8021ad drop", "ip saddr 10.0.0.0/8 counter tcp dport 80 drop",
                     "counter ip6 saddr 2001:db8::/36 drop"):
            for finding in lint_rules(rule):
                for form in re.findall(r"`([^`]+)`", finding["hint"]):
                    with self.subTest(rule=rule, form=form):
                        again = lint_rules(form + " drop")
                        self.assertIsNotNone(again)
                        self.assertEqual(of(again, finding["id"]), [])
                        seen.add(finding["id"])
        self.assertEqual(seen, {"next-header", "meta-protocol-vlan", "counter-before-match"})


class Ignored(unittest.TestCase):
    """Which fields and bits the NIC does not look at, and what the rule is to it."""

    def find(self, model, rule):
        findings = lint_rules(rule, options=("-m", model))
        self.assertIsNotNone(findings, rule)
        return of(findings, "field-ignored")

    def test_fields_that_are_not_looked_at(self):
        (finding,) = self.find("ocelot", "udp dport 53 accept")
        self.assertIn("does not look at `meta l4proto udp`, `udp dport 53`: in the NIC the rule is any packet, accept (", finding["text"])
        (finding,) = self.find("dpaa2-switch", "ip6 saddr 2001:db8::1 drop")
        self.assertIn("does not look at `ip6 saddr 2001:db8::1`: in the NIC the rule is ether type ip6, drop", finding["text"])

    def test_bits_that_are_not_looked_at(self):
        (finding,) = self.find("ocelot", "ether type vlan @ll,112,16 & 0x1fff == 0x1005 drop")
        self.assertIn("looks only at `vlan id 5` of `vlan id & 0x1fff == 0x1005`", finding["text"])

    def test_the_reason_is_the_one_that_holds_for_the_rule(self):
        for model, rule, why in (("ice", "ip saddr 10.0.0.1 ip protocol 47 drop", "without ports any protocol matches"),
                                 ("stmmac", "tcp sport 5 tcp dport & 0xffff == 80 drop", "takes the source port out"),
                                 ("stmmac", "ip saddr 10.0.0.1 ip protocol 47 drop", "without ports nothing of it"),
                                 ("ocelot", "tcp dport 80 drop", "takes every frame")):
            with self.subTest(model=model, rule=rule):
                (finding,) = self.find(model, rule)
                self.assertIn(why, finding["text"])

    def test_where_an_ethertype_helps_the_hint_says_so_and_it_does(self):
        helped, seen = 0, set()
        for model in ("ocelot", "ice", "stmmac", "nfp", "bnxt", "sfc", "prestera", "cxgb4", "mlx5", "dpaa2-switch", "hns3"):
            for rule in ("tcp dport 80 drop", "udp sport 53 drop", "meta l4proto udp drop", "ip saddr 10.0.0.1 ip protocol 47 drop"):
                with self.subTest(model=model, rule=rule):
                    for finding in of(lint_rules(rule, options=("-m", model)) or [], "field-ignored"):
                        self.assertTrue(finding["hint"])
                        forms = re.findall("`(meta [^`]*)`", finding["hint"])
                        # Else the rule would quietly be one for IPv4 only.
                        if forms == ["meta protocol ip"]:
                            self.assertIn("leave IPv6 to a chain", finding["hint"])
                            self.assertNotEqual(self.find(model, "meta protocol ip6 " + rule), [])
                        elif forms:
                            self.assertEqual(forms, ["meta protocol ip", "meta protocol ip6"])
                            self.assertIn(", a rule each", finding["hint"])
                        seen.add(len(forms))
                        for form in forms:
                            self.assertEqual(self.find(model, form + " " + rule), [])
                            helped += 1
        self.assertGreaterEqual(helped, 2)
        self.assertIn(1, seen)

    def test_where_both_ethertypes_help_the_hint_has_both(self):
        with open(os.path.join(SOURCE, "netdevsim-config", "models", "ocelot.yaml")) as f:
            text, count = re.subn(r'    - unless: \{value: [^\n]*in: \["0x0800"\]\}\]\}\n      keys: \[PORTS\]\n[^\n]*IPv4 only[^\n]*\n'
                                  r'      source: flower\n', "", f.read().replace("model: ocelot", "model: both"))
        self.assertEqual(count, 1)
        model = write_temporary(text, ".yaml")
        (finding,) = self.find(model, "tcp dport 80 drop")
        self.assertEqual(finding["hint"], "say the ethertype before the match: `meta protocol ip` or `meta protocol ip6`, a rule each")
        for form in ("meta protocol ip", "meta protocol ip6"):
            self.assertEqual(self.find(model, form + " tcp dport 80 drop"), [])


class ExtensionHeaders(unittest.TestCase):
    def test_the_nic_looks_past_them_so_a_rule_for_one_matches_nothing(self):
        for number in (0, 43, 44, 51, 60):
            for rule in ("ip6 nexthdr %d drop", "meta protocol ip6 meta l4proto %d drop"):
                with self.subTest(rule=rule % number):
                    (finding,) = lint_rules(rule % number)
                    self.assertEqual(finding["id"], "matches-nothing")
                    self.assertIn("no form of it can be offloaded", finding["hint"])

    def test_of_ipv4_and_of_other_protocols_they_are_none(self):
        for rule in ("ip protocol 44 drop", "meta l4proto 44 drop", "meta protocol ip6 meta l4proto 59 drop"):
            with self.subTest(rule=rule):
                self.assertEqual(of(lint_rules(rule), "matches-nothing"), [])


class Order(unittest.TestCase):
    def test_special_before_general_is_no_finding(self):
        findings = lint_rules("ip saddr 10.0.0.1 tcp dport 80 drop", "ip saddr 10.0.0.0/8 drop",
                              "ip protocol tcp accept", "ip daddr 10.0.0.0/8 drop")
        self.assertEqual([f["id"] for f in findings if f["level"] == "warning"], [])

    def test_rules_that_take_all_packets_of_another_together(self):
        findings = lint_rules("ip saddr 10.0.0.0/9 drop", "ip saddr 10.128.0.0/9 accept", "ip saddr 10.0.0.0/8 drop")
        (finding,) = of(findings, "never-hit")
        self.assertEqual((finding["rule"]["handle"], finding["other"]), (4, None))
        self.assertIn("handles 2, 3", finding["text"])
        findings = lint_rules("ip saddr 10.0.0.0/9 drop", "ip saddr 10.128.0.0/10 accept", "ip saddr 10.0.0.0/8 drop")
        self.assertEqual(of(findings, "never-hit"), [])

    def test_three_rules_together_through_two_fields(self):
        covered = ("ip saddr 10.0.0.0/9 drop", "ip daddr 10.0.0.0/9 drop",
                   "ip saddr 10.128.0.0/9 ip daddr 10.128.0.0/9 drop", "ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 accept")
        self.assertEqual(len(of(lint_rules(*covered), "never-hit")), 1)
        self.assertEqual(of(lint_rules(covered[0], covered[1], covered[3]), "never-hit"), [])

    def test_all_ports_do_not_take_fragments(self):
        findings = lint_rules("tcp dport & 0x8000 == 0 drop", "tcp dport & 0x8000 == 0x8000 drop", "meta l4proto tcp accept")
        self.assertEqual(of(findings, "never-hit"), [])

    def test_the_same_rule_twice(self):
        (finding,) = of(lint_rules("ip saddr 10.0.0.1 drop", "ip saddr 10.0.0.1 drop"), "never-hit")
        self.assertEqual((finding["rule"]["handle"], finding["other"], finding["statement"]), (3, 2, "ip saddr 10.0.0.1 drop"))
        self.assertIn("ip saddr 10.0.0.1", finding["text"])

    def test_addresses_of_both_versions_have_no_packet_in_common(self):
        findings = lint_rules("ip saddr 0.0.0.0/0 drop", "ip6 saddr ::/0 accept")
        self.assertEqual(of(findings, "never-hit"), [])

    def test_a_port_and_a_type_that_is_not_ip_have_no_packet_in_common(self):
        path = write_temporary(CHAIN % " tcp dport 23 drop\n meta protocol arp accept\n")
        self.assertEqual(of(lint(path, "-m", "mlx5")[0], "order-undefined"), [])
        path = write_temporary(CHAIN % " tcp dport 23 drop\n meta protocol ip6 accept\n")
        self.assertEqual(len(of(lint(path, "-m", "mlx5")[0], "order-undefined")), 1)


class Switchdev(unittest.TestCase):
    NIC = os.path.join(SOURCE, "netdevsim-config", "switchdev.yaml")

    def lint(self, model, *rules):
        path = write_temporary((CHAIN % "".join(" %s\n" % rule for rule in rules)).replace("eth0", "rep0"))
        return of(lint(path, "-n", self.NIC, "-m", model)[0], "action-differs")

    def test_sending_to_a_representor_is_what_the_rule_says(self):
        self.assertEqual(self.lint("mlx5", "ip saddr 10.0.0.1 fwd to rep1", "ip saddr 10.0.0.2 dup to rep1 fwd to up0"), [])

    def test_a_mirror_that_takes_the_packet_is_told_with_the_ports_of_the_rule(self):
        found = self.lint("mlx5", "ip saddr 10.0.0.1 dup to rep1")
        self.assertEqual(len(found), 1)
        self.assertIn("says `dup to rep1 accept`", found[0]["text"])
        self.assertIn("does `fwd to rep1`", found[0]["text"])

    def test_of_several_actions_ice_carries_out_the_last(self):
        found = self.lint("ice", "ip saddr 10.0.0.1 dup to rep1 drop")
        self.assertEqual(len(found), 1)
        self.assertIn("does `drop`", found[0]["text"])


class UnknownOrder(unittest.TestCase):
    def test_overlapping_rules_are_told_where_nobody_knows_which_one_the_nic_asks_first(self):
        rules = " ip saddr 10.0.0.1 drop\n ip saddr 10.0.0.0/8 ip daddr 10.0.0.2 fwd to rep1\n"
        for model in ("ice", "nfp"):
            with self.subTest(model):
                path = write_temporary((CHAIN % rules).replace("eth0", "rep0"))
                (finding,) = of(lint(path, "-n", Switchdev.NIC, "-m", model)[0], "order-undefined")
                self.assertIn("it is not known which of them the NIC asks first", finding["text"])

    def test_of_a_rule_that_is_not_needed_it_is_not_said_that_the_other_one_is_asked_first(self):
        path = write_temporary(CHAIN % " ip saddr 10.0.0.0/8 drop\n ip saddr 10.0.0.1 drop\n")
        for model, asked in (("generic", "is asked"), ("mlx5", "may be asked"), ("ice", "may be asked")):
            with self.subTest(model):
                (finding,) = of(lint(path, "-m", model)[0], "never-hit")
                self.assertIn("which %s first" % asked, finding["text"])
                self.assertEqual(finding["hint"] == "delete it", model != "generic")

    def test_priorities_do_not_settle_it(self):
        text = SeveralChains.TEXT % ("", 5, "ip daddr 10.0.0.1 drop", 10, "ip daddr 10.0.0.0/8 ip saddr 10.0.0.2 fwd to eth1")
        (finding,) = of(lint(write_temporary(text), "-m", "sfc", "--port", "eth1")[0], "order-undefined")
        self.assertEqual(finding["rule"]["chain"], "b")


class SeveralChains(unittest.TestCase):
    """On one port: the model odd takes them."""
    TEXT = ('table netdev t {\n chain a {\n type filter hook ingress devices = { "eth0"%s } priority %d; flags offload;\n'
            ' %s\n }\n chain b {\n type filter hook ingress device "eth0" priority %d; flags offload;\n %s\n }\n}\n')

    def lint(self, *parts):
        return lint(write_temporary(self.TEXT % parts), "-m", "tests/lint/odd.yaml")[0]

    def test_a_rule_of_another_chain_takes_all_packets(self):
        (finding,) = of(self.lint("", 5, "ip daddr 10.0.0.0/8 drop", 10, "ip daddr 10.0.0.1 tcp dport 1 drop"), "never-hit")
        self.assertEqual((finding["rule"]["chain"], finding["other"]), ("b", None))
        self.assertRegex(finding["text"], r"the rule with handle \d+ of the chain t a \(")

    def test_the_chain_with_the_smaller_priority_is_first_though_it_came_last(self):
        findings = self.lint("", 10, "ip daddr 10.0.0.0/8 drop", 5, "ip daddr 10.0.0.1 accept")
        self.assertEqual([f["id"] for f in findings if f["id"].startswith(("order", "never"))], [])
        (finding,) = of(findings, "accept-ends-lookup")
        self.assertEqual(finding["rule"]["chain"], "a")

    def test_of_equal_priority_software_runs_the_last_one_first_and_the_nic_the_first(self):
        (finding,) = of(self.lint("", 10, "ip daddr 10.0.0.1 drop", 10, "ip daddr 10.0.0.0/8 accept"), "order-differs")
        self.assertEqual(finding["rule"]["chain"], "b")

    def test_a_port_that_is_not_like_the_others_is_named(self):
        findings = self.lint(', "eth1"', 10, "ip daddr 10.0.0.1 drop", 5, "ip daddr 10.0.0.0/8 drop")
        (finding,) = of(findings, "never-hit")
        self.assertEqual((finding["rule"]["chain"], finding["port"]), ("a", "eth0"))


class Traffic(unittest.TestCase):
    def test_rules_that_are_never_hit_have_no_packet_in_a_replay(self):
        parts = {"ip saddr": ("10.0.0.0/8", "10.0.0.0/24", "10.0.0.1", "192.0.2.0/24", "0.0.0.0/1"),
                 "ip daddr": ("10.0.0.0/8", "10.0.0.2", "128.0.0.0/1"),
                 "meta l4proto": ("tcp", "udp", "icmp", "udp th dport 53", "tcp th dport & 0xff00 == 0x1f00",
                                  "tcp th dport & 0xf000 == 0x1000"),
                 "ether saddr & ff:ff:00:00:00:00 ==": ("02:00:00:00:00:00",)}
        told = 0
        for seed in range(12):
            draw = random.Random(seed)
            rules = []
            for _ in range(25):
                words = ["%s %s" % (k, draw.choice(v)) for k, v in parts.items() if draw.random() < 0.4]
                rules.append(" ".join((words or ["ip protocol tcp"]) + ["counter", draw.choice(("drop", "accept", "fwd to eth1"))]))
            path = write_temporary(CHAIN % "".join(" %s\n" % rule for rule in rules))
            findings, done = lint(path)
            self.assertEqual(done.stderr, "", "seed %d: %s" % (seed, rules))
            never = {f["rule"]["handle"] for f in of(findings, "never-hit")}
            played = json.loads(nicemu("replay", "-j", "-r", path, os.path.join(PCAPS, "demo.pcap")).stdout)
            for rule in played["rules"]:
                if rule["handle"] in never:
                    told += 1
                    self.assertEqual(rule["packets"], 0, "seed %d: %s" % (seed, rule["rule"]))
        self.assertGreater(told, 20)


class Document(unittest.TestCase):
    def test_its_members(self):
        path = write_temporary(CHAIN % "ip saddr 10.0.0.1 counter accept\n")
        _, done = lint(path)
        document = json.loads(done.stdout)
        self.assertEqual(list(document), ["schema_version", "kernel", "nic", "model", "findings"])
        (finding,) = document["findings"]
        self.assertEqual(list(finding), ["id", "level", "rule", "statement", "port", "other", "text", "hint"])
        self.assertEqual(finding["rule"], {"family": "netdev", "table": "t", "chain": "c", "handle": 2})
        self.assertEqual(finding["statement"], "ip saddr 10.0.0.1 counter accept")

    def test_for_people(self):
        path = write_temporary(CHAIN % "ip saddr 10.0.0.1 counter tcp dport 80 drop\n")
        done = nicemu("exec", "-q", "-r", path, "--", NICEMU, "show", "lint")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"warning: netdev t c handle 2: ip saddr 10\.0\.0\.1 counter tcp dport 80 drop:\n"
                                      r" +`tcp dport 80` stands behind the counter: .* \(counter-before-match\)\n +hint: ")
        done = nicemu("exec", "-q", "--", NICEMU, "show", "lint")
        self.assertEqual((done.returncode, done.stdout), (0, "nothing to complain of\n"))

    def test_without_an_emulator(self):
        environment = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
        done = nicemu("show", "lint", env=environment)
        self.assertEqual(done.returncode, 4)
        self.assertIn("nicemu start", done.stderr)


if __name__ == "__main__":
    unittest.main()
