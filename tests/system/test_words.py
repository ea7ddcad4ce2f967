# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of one thing is in the singular, and errors list what there is."""
import os
import re
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain, icmp, pcap, tcp

WITHOUT = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
NIC = "nic: small\nmodel: generic\nentries: 2\nports:\n  - name: eth0\n  - name: eth1\n"
ONE_OF_MANY = re.compile(r"(?<![\d.,])1 (rules|packets|entries|bytes|slices|actions|captures|ports|fields|files|tables|"
                         r"chains|verdicts|flowtables|jobs|runs|copies|times|warnings|notices|errors|notes)\b(?!/s)")


class One(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder().__enter__()
        cls.addClassCleanup(cls.folder.__exit__)
        cls.nic = cls.folder.write("one.yaml", NIC)
        cls.rules = cls.folder.write("one.nft", chain(["tcp dport 80 counter drop"]))
        cls.refused = cls.folder.write("refused.nft", chain(["tcp dport 80 counter drop"]) +
                                       chain(["tcp dport 81 drop"], name="d"))
        cls.capture = cls.folder.write("one.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)]))
        cls.other = cls.folder.write("other.pcap", pcap([icmp("10.0.0.1", "10.0.0.2")] * 2))

    def assert_singular(self, done, *more):
        text = done.stdout + done.stderr
        self.assertTrue(text)
        found = ONE_OF_MANY.search(text)
        self.assertIsNone(found, "%s in:\n%s" % (found and found.group(), text))
        for words in more:
            self.assertRegex(text, words)

    def run_of(self, *words, status=0):
        done = nicemu(*words, env=WITHOUT)
        self.assertEqual(done.returncode, status, (words, done.stderr))
        return done

    def test_one_packet_of_a_replay(self):
        self.assert_singular(self.run_of("replay", "-n", self.nic, "-r", self.rules, self.capture), r"\b1 packet in ")

    def test_one_packet_that_a_filter_left_out(self):
        self.assert_singular(self.run_of("replay", "-n", self.nic, "-r", self.rules, "--filter", "icmp", self.capture),
                             "1 packet was left out")

    def test_one_rule_in_every_topic_of_show(self):
        self.assert_singular(self.run_of("exec", "-n", self.nic, "-r", self.rules, "--", NICEMU, "show", "tcam"),
                             "1 rule of 1 entry")
        script = '"$0" replay -q "$1" && nft flush ruleset && "$0" show counters && "$0" show log && "$0" show nic'
        self.assert_singular(self.run_of("exec", "-n", self.nic, "-r", self.rules, "--", "sh", "-c", script, NICEMU,
                                         self.capture), r"decided 1 packet,", r"replay: 1 packet from 1 capture\b")
        script = 'for topic in nic rules "rules --driver" counters log lint tcam; do "$0" show $topic; done'
        self.assert_singular(self.run_of("exec", "-n", self.nic, "-r", self.rules, "--", "sh", "-c", script, NICEMU))

    def test_one_entry_of_an_explanation(self):
        self.assert_singular(self.run_of("explain", "-n", self.nic, "-r", self.rules, self.other),
                             "the port's only entry does not match")

    def test_one_rule_of_software_that_is_left_out(self):
        rules = self.folder.write("many.nft", chain(["tcp dport %u drop" % port for port in range(100, 121)]))
        self.assert_singular(self.run_of("explain", "-r", rules, self.capture), "and 1 rule more")

    def test_one_rule_and_one_refused_chain_of_a_check(self):
        self.assert_singular(self.run_of("check", "-n", self.nic, self.refused, status=1), "its 1 rule has")
        self.assert_singular(self.run_of("check", "-m", "generic", "-m", "stmmac", "-m", "ocelot", self.rules))

    def test_one_packet_of_a_bench(self):
        self.assert_singular(self.run_of("bench", "lookup", "--seconds", "1", "-n", self.nic, "-r", self.rules,
                                         self.capture))

    def test_every_model(self):
        for name in re.findall(r'"name": "([^"]+)"', self.run_of("show", "model", "-j").stdout):
            with self.subTest(name):
                self.assert_singular(self.run_of("show", "model", name))


class Lists(unittest.TestCase):
    def test_bench_offers_what_it_measures_and_nothing_that_is_planned(self):
        for words in ((), ("nope",)):
            with self.subTest(words):
                done = nicemu("bench", *words, env=WITHOUT)
                self.assertEqual(done.returncode, 2)
                kinds = done.stderr.split("here are: ")[1].split("\n")[0].split(", ")
                self.assertEqual(kinds, ["lookup", "replay", "update"])
        self.assertEqual(nicemu("bench", "flow", env=WITHOUT).returncode, 4)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
