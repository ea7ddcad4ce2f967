# SPDX-License-Identifier: GPL-2.0-or-later
"""Which number is which: nft lists what the NIC's counters tell, nicemu what was counted."""
import json
import re
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain, pcap, tcp

MODEL = """
model: toy
title: counters of one kind or another
status: experimental
switchdev: no
sources: [{name: here, file: the test, kernel: ""}]
front-ends:
  chain: {taken: yes}
  flowtable: {taken: no, errno: EOPNOTSUPP, text: ""}
  flower: {taken: no, errno: EOPNOTSUPP, text: ""}
tables:
  - {name: acl, kind: ternary, scope: nic, front-ends: [chain], entries: 8, port-mask: no, order: priority-arrival,
     insertion: in-place, full: {errno: ENOSPC, text: ""}, source: here}
counters: {%s, source: here}
cookies: {duplicate: update, unknown-destroy: ENOENT, unknown-stats: ENOENT, source: here}
hw-tc-offload-off: {bind: ok, replace: EOPNOTSUPP, text: ""}
"""
NOW = "width: 64, reading: now"
PACKETS, BYTES = 5, 300


class Counters(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def listed(self, counters):
        """(packets, bytes) of the rule in nft's list, after a second list, and as nicemu tells them."""
        model = self.folder.write("toy.yaml", MODEL % counters)
        rules = self.folder.write("r.nft", chain(["tcp dport 80 counter drop"]))
        capture = self.folder.write("c.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)] * PACKETS))
        done = nicemu("exec", "-m", model, "-r", rules, "--", "sh", "-c",
                      "%s replay -q %s && nft list ruleset && nft list ruleset && %s show rules -j" %
                      (NICEMU, capture, NICEMU))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        first, second = re.findall(r"counter packets (\d+) bytes (\d+)", done.stdout)
        rule, = json.loads(done.stdout[done.stdout.index('{\n  "'):])["rules"]
        self.assertEqual((rule["packets"], rule["bytes"]), (PACKETS, BYTES), "totals tell all")
        self.assertEqual(first, second, "a list without packets between adds nothing")
        return tuple(int(number) for number in first)

    def test_frames_without_their_check_sequence(self):
        self.assertEqual(self.listed("packets: yes, bytes: l2, last-used: yes, " + NOW), (PACKETS, BYTES))

    def test_frames_with_their_check_sequence(self):
        self.assertEqual(self.listed("packets: yes, bytes: l2-fcs, last-used: yes, " + NOW),
                         (PACKETS, BYTES + 4 * PACKETS))

    def test_packets_only(self):
        self.assertEqual(self.listed("packets: yes, bytes: none, last-used: no, " + NOW), (PACKETS, 0))

    def test_nothing_at_all(self):
        none = "packets: no, bytes: none, last-used: no, " + NOW
        self.assertEqual(self.listed(none), (0, 0))
        self.assertEqual(self.listed(none + ", unsupported: EOPNOTSUPP"), (0, 0))

    def test_a_counter_of_one_byte_that_wrapped(self):
        self.assertEqual(self.listed("packets: yes, bytes: l2, last-used: yes, width: 8, reading: now"),
                         (PACKETS, BYTES - 256))

    def test_only_rules_that_ask_which_nft_cannot(self):
        self.assertEqual(self.listed("packets: yes, bytes: l2, last-used: yes, if-asked: yes, " + NOW), (0, 0))


class Told(unittest.TestCase):
    """A report tells what the NIC matched; where nft is told less, the report says so."""
    RULES = ["ip saddr 10.0.0.1 counter drop", "ip saddr 10.0.0.2 drop", "ip saddr 10.0.0.3 counter drop"]

    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def replay(self, model, rules=None, *more):
        rules = self.folder.write("r.nft", chain(rules or self.RULES))
        capture = self.folder.write("c.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)] * PACKETS))
        return nicemu("replay", "-m", model, "-r", rules, *more, capture).stdout

    def told(self, model, rules=None):
        document = json.loads(self.replay(model, rules, "-j"))
        self.assertEqual((document["rules"][0]["packets"], document["rules"][0]["bytes"]), (PACKETS, BYTES))
        return [(r["counted"]["packets"], r["counted"]["bytes"]) for r in document["rules"]], document["warnings"]

    def test_models_that_count_nothing_for_nft(self):
        for model in ("ice", "prestera", "stmmac", "dpaa2-switch", "hns3"):
            with self.subTest(model):
                rules = self.RULES[:1] if model == "hns3" else self.RULES
                counted, (warning,) = self.told(model, rules)
                self.assertEqual(counted, [(False, False)] * len(rules))
                self.assertEqual(warning["id"], "not-counted")
                self.assertEqual(set(warning["rule"].values()), {None}, "it is about the NIC")
                self.assertIn("for %s with a counter" % ("1 rule" if model == "hns3" else "2 rules"), warning["text"])

    def test_models_that_count_no_bytes(self):
        counted, warnings = self.told("ocelot")
        self.assertEqual(counted, [(True, False)] * 3)
        self.assertEqual([w["id"] for w in warnings], ["bytes-not-counted"])

    def test_models_that_count_all_warn_of_nothing(self):
        self.assertEqual(self.told("generic"), ([(True, True)] * 3, []))

    def test_rules_that_find_no_counter_left(self):
        model = self.folder.write("toy.yaml", MODEL % ("packets: yes, bytes: l2, last-used: yes, pool: 1, " + NOW))
        counted, (warning,) = self.told(model)
        self.assertEqual(counted, [(True, True), (False, False), (False, False)])
        self.assertIn("for 1 rule with a counter", warning["text"])

    def test_without_a_counter_in_any_rule_there_is_nothing_to_warn_of(self):
        self.assertEqual(self.told("ice", ["ip saddr 10.0.0.1 drop"]), ([(False, False)], []))

    def test_the_table_has_the_warning_without_a_chain(self):
        self.assertIn("\nwarning: the model ice counts nothing for 2 rules", self.replay("ice"))

    def test_the_lint_finds_rules_of_a_model_that_counts_only_when_asked(self):
        rules = self.folder.write("r.nft", chain(["ip saddr 10.0.0.1 counter accept"]))
        for model, ids in (("prestera", {"not-counted"}), ("generic", {"counted-twice"})):
            with self.subTest(model):
                document = json.loads(nicemu("check", "-j", "-m", model, rules).stdout)
                self.assertEqual({f["id"] for f in document["runs"][0]["lint"]}, ids)


if __name__ == "__main__":
    if not shutil.which("nft"):
        skip_suite("nft is not installed")
    unittest.main(verbosity=2)
