# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu show rules --driver: what the kernel handed to the driver."""
import json
import os
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain

MATCH_ALL = "0xffff"


class DriverView(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def loaded(self, rules, *words, devices=("eth0",), kernel="6.12.107"):
        """The output of `show rules --driver` after loading rules."""
        path = self.folder.write("r.nft", chain(rules, devices=devices))
        done = nicemu("exec", "-k", kernel, "-r", path, "--", NICEMU, "show", "rules", "--driver", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def document(self, rules, **more):
        return json.loads(self.loaded(rules, "-j", **more))

    def test_a_rule_as_its_driver_gets_it(self):
        document = self.document(["ip saddr 10.0.0.0/8 tcp dport 80 counter fwd to eth1 comment \"x\""])
        self.assertEqual({k: v for k, v in document.items() if k != "rules"},
                         {"schema_version": 1, "kernel": "6.12.107", "nic": "generic", "model": "generic"})
        rule, = document["rules"]
        self.assertRegex(rule.pop("rule"), r"^ip saddr 10.0.0.0/8 tcp dport 80 counter fwd to")
        self.assertIsInstance(rule.pop("handle"), int)
        self.assertEqual(rule, {
            "family": "netdev", "table": "t", "chain": "c", "port": "eth0", "comment": "x",
            "command": "REPLACE", "binding": 1, "binder": "chain", "direction": "ingress",
            "recorded_only": False, "cookie": "0x1", "chain_index": 0, "protocol": "0x0800",
            "prio": 10, "skip_sw": False, "used_keys": ["CONTROL", "BASIC", "IPV4_ADDRS", "PORTS"],
            "keys": {
                "BASIC": {"n_proto": {"value": "0x0800", "mask": MATCH_ALL},
                          "ip_proto": {"value": "6", "mask": "0xff"}},
                "CONTROL": {"addr_type": {"value": "2", "mask": MATCH_ALL}},
                "IPV4_ADDRS": {"src": {"value": "10.0.0.0", "mask": "255.0.0.0"}},
                "PORTS": {"dst": {"value": "80", "mask": MATCH_ALL}}},
            "keys_not_flagged": {},
            "actions": [{"id": "REDIRECT", "ifindex": 3, "port": "eth1", "hw_stats": "DONT_CARE"}]})

    def test_the_text_has_a_block_a_rule_and_port_in_the_order_of_arrival(self):
        text = self.loaded(["vlan id 10 drop", "ether saddr 02:00:00:00:00:01 accept"],
                           devices=("eth0", "eth1"))
        blocks = text.split("\n\n")
        self.assertEqual(blocks[0], "NIC generic, model generic, kernel 6.12.107")
        ports = [block.split(":")[0] for block in blocks[1:]]  # nft decides which one comes first
        self.assertEqual(sorted(ports[:2]), ["REPLACE eth0", "REPLACE eth1"])
        self.assertEqual(ports[2:], ports[:2])
        self.assertRegex(blocks[2], r"^REPLACE eth[01]: netdev t c handle \d+: vlan id 10 drop\n"
                                    r"  cookie 0x1 chain_index 0 protocol 0x8100 prio 10\n"
                                    r"  used_keys BASIC\|VLAN\|META\n")
        self.assertIn("\n  VLAN       vlan_id         10/0xfff\n", blocks[2])
        self.assertIn("\n  ETH_ADDRS  src             02:00:00:00:00:01/ff:ff:ff:ff:ff:ff\n", blocks[3])
        self.assertIn("\n  action     ACCEPT          hw_stats DONT_CARE", blocks[3])

    def test_what_is_written_and_not_flagged_is_told_apart(self):
        # An inner tag's type without an outer one: the type behind it moves to a key that nobody flagged.
        rules = ["@ll,128,16 0x8100 @ll,160,16 0x0800 drop"]
        rule, = self.document(rules)["rules"]
        self.assertEqual(rule["used_keys"], ["VLAN", "CVLAN"])
        self.assertEqual(rule["keys"], {"CVLAN": {"vlan_tpid": {"value": "0x8100", "mask": MATCH_ALL}}})
        self.assertEqual(rule["keys_not_flagged"], {"BASIC": {"n_proto": {"value": "0x0800", "mask": MATCH_ALL}}})
        self.assertIn("\n  BASIC      n_proto         0x0800/0xffff (key not flagged)\n", self.loaded(rules))

    def test_a_kernels_bug_shows_in_the_bits(self):
        # Before 5.10.37 the tag was stored in the wire's byte order.
        for kernel, bits in (("5.10.30", {"vlan_id": "1280", "vlan_dei": "0", "vlan_priority": "0"}),
                             ("6.12.107", {"vlan_id": "5"})):
            with self.subTest(kernel):
                rule, = self.document(["vlan id 5 drop"], kernel=kernel)["rules"]
                self.assertEqual({k: v["value"] for k, v in rule["keys"]["VLAN"].items() if k != "vlan_tpid"}, bits)

    def test_the_same_rules_give_the_same_bytes(self):
        rules = ["ip saddr 10.0.0.%d drop" % i for i in range(20)]
        self.assertEqual(self.loaded(rules, "-j"), self.loaded(rules, "-j"))

    def test_rules_that_are_gone_are_gone_and_those_that_come_stand_last(self):
        path = self.folder.write("r.nft", chain(["tcp dport 1 drop", "tcp dport 2 drop", "tcp dport 3 drop"]))
        done = nicemu("exec", "--", "sh", "-ec",
                      'nft -f "$1"; nft delete rule netdev t c handle "$(nft -a list ruleset | '
                      'sed -n "s/.*dport 2.*handle //p")"; nft add rule netdev t c tcp dport 4 drop; '
                      '"$0" show rules --driver -j', NICEMU, path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rules = json.loads(done.stdout)["rules"]
        self.assertEqual([r["keys"]["PORTS"]["dst"]["value"] for r in rules], ["1", "3", "4"])
        self.assertEqual([r["cookie"] for r in rules], ["0x1", "0x3", "0x4"])

    def test_an_emulator_without_rules_says_so(self):
        done = nicemu("exec", "--", NICEMU, "show", "rules", "--driver")
        self.assertEqual(done.stdout.splitlines()[-1], "nothing is offloaded")

    def test_usage(self):
        for words in (("show", "nic", "--driver"), ("show", "driver"), ("show", "kernel", "--driver")):
            done = nicemu(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("--help", done.stderr)
        environment = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
        done = nicemu("show", "rules", "--driver", env=environment)
        self.assertEqual(done.returncode, 4)
        self.assertIn("nicemu start", done.stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
