# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu show tcam: the model's tables, what each rule takes of them, and what would still fit."""
import json
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain

# A model that no NIC has: entries of 4 slices, one table for all ports or one for each.
MODEL = """
model: toy
title: a table of slices
status: experimental
switchdev: no
sources: [{name: here, file: the test, kernel: ""}]
front-ends:
  chain: {taken: yes}
  flowtable: {taken: no, errno: EOPNOTSUPP, text: ""}
  flower: {taken: no, errno: EOPNOTSUPP, text: ""}
tables:
  - name: acl
    kind: ternary
    scope: %(scope)s
    front-ends: [chain]
    entries: %(entries)u
    reserved: 1
    slices: 4
    key-width: 376
    port-mask: %(port_mask)s
    order: priority-arrival
    insertion: shifts
    costs:
      - {when: {keys-any: [IPV6_ADDRS]}, entries: 1, slices: 4, text: IPv6 needs the whole width, source: here}
      - {entries: 1, slices: 2, text: half of an entry, source: here}
    full: {errno: ENOSPC, text: Out of rules}
    source: here
counters: {packets: yes, bytes: l2, last-used: yes, width: 64, reading: now, source: here}
cookies: {duplicate: update, unknown-destroy: ENOENT, unknown-stats: ENOENT, source: here}
hw-tc-offload-off: {bind: ok, replace: EOPNOTSUPP, text: ""}
"""
RULES = ["ip saddr 10.0.0.0/8 drop", "ip6 saddr 2001:db8::/32 drop", "tcp dport 80 drop"]


class ShowTcam(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def show(self, rules, *words, devices=("eth0",), scope="nic", port_mask="no", entries=8, more=()):
        model = self.folder.write("toy.yaml", MODEL % {"scope": scope, "port_mask": port_mask, "entries": entries})
        path = self.folder.write("r.nft", chain(rules, devices=devices))
        loads = [w for f in (path, *more) for w in ("-r", f)]
        return nicemu("exec", "-m", model, *loads, "--", NICEMU, "show", "tcam", *words)

    def document(self, rules, **more):
        done = self.show(rules, "-j", **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_a_table_says_what_is_taken_and_what_would_fit(self):
        document = self.document(RULES)
        self.assertEqual({k: v for k, v in document.items() if k not in ("tables", "chains", "rules", "kernel")},
                         {"schema_version": 1, "nic": "generic", "model": "toy"})
        self.assertEqual(document["tables"], [{
            "name": "acl", "kind": "ternary", "port": None, "entries": 8, "entries_known": True, "reserved": 1, "used": 2, "free": 5,
            "slices": 32, "slices_used": 8, "ways": None, "order": "priority-arrival", "insertion": "shifts",
            "port_mask": False, "rules": 3, "moves": 0,
            "fits": [{"rules": 5, "at_most": False, "entries": 1, "slices": 4, "why": "IPv6 needs the whole width"},
                     {"rules": 10, "at_most": False, "entries": 1, "slices": 2, "why": "half of an entry"}]}])

    def test_each_rule_says_what_it_takes_and_why(self):
        rules = self.document(RULES)["rules"]
        self.assertEqual([(r["rule"], r["port"], r["nic_table"], r["entries"], r["slices"], r["why"], r["moves"])
                          for r in rules],
                         [("ip saddr 10.0.0.0/8 drop", "eth0", "acl", 1, 2, "half of an entry", 0),
                          ("ip6 saddr 2001:db8::/32 drop", "eth0", "acl", 1, 4, "IPv6 needs the whole width", 0),
                          ("tcp dport 80 drop", "eth0", "acl", 1, 2, "half of an entry", 0)])
        self.assertEqual({(r["family"], r["table"], r["chain"]) for r in rules}, {("netdev", "t", "c")})

    def test_a_rule_before_others_moves_them(self):
        earlier = self.folder.write("e.nft", chain(["udp dport 53 drop"], devices=("eth1",), priority=5, name="d"))
        document = self.document(RULES, more=(earlier,))
        moves = {r["rule"]: r["moves"] for r in document["rules"]}
        self.assertEqual(moves, {**{r: 0 for r in RULES}, "udp dport 53 drop": 3})
        self.assertEqual(document["tables"][0]["moves"], 3)

    def test_a_chain_on_three_ports_takes_one_entry_or_three(self):
        three = ("eth0", "eth1", "eth2")
        rule = ["ip6 saddr 2001:db8::/32 drop"]
        apart = self.document(rule, devices=three)
        self.assertEqual([t["used"] for t in apart["tables"]], [3])
        self.assertEqual(apart["chains"], [{
            "family": "netdev", "table": "t", "chain": "c", "ports": [r["port"] for r in apart["rules"]], "rules": 1,
            "entries": 3, "on_ports": "a rule on N ports takes the entries of N rules"}])
        together = self.document(rule, devices=three, port_mask="yes")
        self.assertEqual([(t["used"], t["rules"]) for t in together["tables"]], [(1, 3)])
        self.assertEqual(sorted(r["entries"] for r in together["rules"]), [0, 0, 1])
        self.assertEqual([(c["rules"], c["entries"], c["on_ports"]) for c in together["chains"]],
                         [(1, 1, "a rule on N ports is one entry")])
        each = self.document(rule, devices=three, scope="port")
        self.assertEqual({t["port"]: t["used"] for t in each["tables"]},
                         {"eth%u" % i: int(i < 3) for i in range(8)})
        self.assertEqual(each["chains"][0]["on_ports"], "a rule on N ports is in the table of each of them")

    def test_what_would_fit_does_and_one_more_does_not(self):
        fits = self.document([], entries=4)["tables"][0]["fits"]
        whole, half = (fit["rules"] for fit in fits)
        self.assertEqual((whole, half), (3, 6))
        for count, form in ((whole, "ip6 saddr 2001:db8:%x::/48 drop"), (half, "ip saddr 10.0.%u.0/24 drop")):
            rules = [form % i for i in range(count)]
            left = self.document(rules, entries=4)["tables"][0]
            self.assertEqual((left["free"], {fit["rules"] for fit in left["fits"]}), (0, {0}))
            done = self.show(rules + [form % count], entries=4)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("4 of 4 entries of table acl are taken, the rule needs 1; the driver says \"Out of rules\"",
                          done.stderr)

    def test_the_table_for_people_says_the_same(self):
        text = self.show(RULES).stdout
        self.assertRegex(text, r"(?m)^acl +all +8 +1 +2 +5 +32 +8 +3 +0$")
        self.assertIn("  acl: 10 rules of 1 entry of 2 slices: half of an entry\n", text)
        self.assertIn("  netdev t c: 3 rules on 1 port, 3 entries: ", text)
        self.assertRegex(text, r"(?m)^tcp dport 80 drop +eth0 +acl +1 +2 +0  half of an entry$")

    def test_without_an_emulator_the_empty_tables_are_shown(self):
        table, = json.loads(nicemu("show", "tcam", "-j").stdout)["tables"]
        self.assertEqual((table["entries"], table["used"], table["fits"][0]["rules"]), (1 << 20, 0, 1 << 20))

    def test_a_size_that_nobody_knows_is_not_told_as_one(self):
        for model, known in (("cxgb4", False), ("ocelot", True), ("generic", True)):
            with self.subTest(model):
                tables = json.loads(nicemu("show", "tcam", "-m", model, "-j").stdout)["tables"]
                self.assertEqual({t["entries_known"] for t in tables}, {known})
        said = "how many entries the hardware has is not known, only how many nicemu has"
        self.assertEqual(nicemu("show", "tcam", "-m", "stmmac").stdout.count("l3l4: " + said), 1, "once for all ports")
        self.assertNotIn("not known", nicemu("show", "tcam", "-m", "ocelot").stdout)


if __name__ == "__main__":
    if not shutil.which("nft"):
        skip_suite("nft is not installed")
    unittest.main(verbosity=2)
