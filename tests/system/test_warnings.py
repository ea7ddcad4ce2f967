# SPDX-License-Identifier: GPL-2.0-or-later
"""What is accepted and will surprise is told: by exec, by replay, in the log."""
import json
import os
import unittest

from nicemu import NICEMU, PCAPS, nicemu, write_temporary

CHAIN = "table netdev t {\n chain c {\n type filter hook ingress device \"%s\" priority 10; flags offload;\n%s }\n}\n"
RULES = {
    "short": CHAIN % ("eth0", "ip6 saddr 2001:db8::/64 drop\n"),
    "twice": CHAIN % ("eth0", "ip saddr 1.1.1.1 ip saddr 2.2.2.2 drop\n"),
    "plain": CHAIN % ("eth0", "ip6 saddr 2001:db8::1 drop\n"),
    "absent": CHAIN % ("nowhere", ""),
}
NIC = os.path.join(os.path.dirname(PCAPS), "netdevsim-config", "two-port.yaml")
DEMO = os.path.join(PCAPS, "demo.pcap")
SHORT = r"nicemu: warning: netdev t c: ip6 saddr 2001:db8::/64 drop: .*kernel 6\.12\.95.*mask"


class Warnings(unittest.TestCase):
    def load(self, which, *options, words=("nft", "-f")):
        done = nicemu("exec", *options, "--", *words, write_temporary(RULES[which]))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_exec_names_the_rule_that_a_bug_of_the_kernel_bites(self):
        self.assertRegex(self.load("short", "-k", "6.12.95"), SHORT)

    def test_kernels_without_the_bug_do_not_warn(self):
        self.assertEqual(self.load("short", "-k", "6.12"), "")
        self.assertEqual(self.load("plain", "-k", "6.12.95"), "")

    def test_exec_warns_of_rules_that_it_loads_itself(self):
        done = nicemu("exec", "-k", "6.12.95", "-r", write_temporary(RULES["short"]), "--", "true")
        self.assertRegex(done.stderr, SHORT)

    def test_a_check_warns_too(self):
        text = self.load("short", "-k", "6.12.95", words=("nft", "-c", "-f"))
        self.assertRegex(text, r"nicemu: warning: netdev t c handle \d+: .*kernel 6\.12\.95")

    def test_quiet_says_nothing(self):
        self.assertEqual(self.load("short", "-k", "6.12.95", "-q"), "")

    def test_a_refused_batch_does_not_warn(self):
        text = RULES["short"].replace("drop", "drop\nip ttl 1 drop")
        done = nicemu("exec", "-k", "6.12.95", "--", "nft", "-f", write_temporary(text))
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("warning", done.stderr)

    def test_a_field_that_is_matched_twice(self):
        self.assertRegex(self.load("twice"), r"warning: netdev t c: .*2\.2\.2\.2 drop: .*matched twice")

    def test_a_chain_on_a_device_that_is_no_port_warns_with_the_ports(self):
        self.assertRegex(self.load("absent", "-k", "6.18", "-n", NIC),
                         r"nicemu: warning: netdev t c: device nowhere is no port.*eth0, eth1")

    def test_each_warning_is_told_once(self):
        text = self.load("short", "-k", "6.12.95", words=("sh", "-c", 'nft -f "$0" && nft list ruleset >/dev/null'))
        self.assertEqual(text.count("warning"), 1, text)

    def test_the_log_has_it(self):
        text = self.load("short", "-k", "6.12.95", "-q",
                         words=("sh", "-c", 'nft -f "$0" && %s show log >&2' % NICEMU))
        self.assertRegex(text, r"warning: netdev t c handle \d+: .*kernel 6\.12\.95")

    def test_replay_has_it_in_the_table_and_in_the_document(self):
        words = ("replay", "-k", "6.12.95", "-r", write_temporary(RULES["short"]), DEMO)
        done = nicemu(*words)
        self.assertRegex(done.stdout, r"warning: netdev t c: ip6 saddr 2001:db8::/64 drop: .*kernel 6\.12\.95")
        done = nicemu(*words, "-j")
        (warning,) = json.loads(done.stdout)["warnings"]
        self.assertEqual(warning["id"], "short-load-mask")
        self.assertEqual({**warning["rule"], "handle": 0}, {"family": "netdev", "table": "t", "chain": "c", "handle": 0})
        self.assertGreater(warning["rule"]["handle"], 0)

    def test_a_rule_that_is_gone_warns_no_more_in_a_replay(self):
        done = nicemu("exec", "-q", "-k", "6.12.95", "--", "sh", "-c",
                      'nft -f "$0" && nft flush chain netdev t c && "$1" replay -j "$2"',
                      write_temporary(RULES["short"]), NICEMU, DEMO)
        self.assertEqual(json.loads(done.stdout)["warnings"], [])


if __name__ == "__main__":
    unittest.main()
