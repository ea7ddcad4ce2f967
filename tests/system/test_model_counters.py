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


if __name__ == "__main__":
    if not shutil.which("nft"):
        skip_suite("nft is not installed")
    unittest.main(verbosity=2)
