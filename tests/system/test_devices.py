# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports that come, go and change their names inside nicemu exec, by ip link."""
import json
import os
import re
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain, icmp, pcap

NIC = "nic: two\nmodel: generic\nkernel: \"6.12\"\nentries: 100\nports:\n  - name: wan\n  - name: lan\n"
RULE = "ip protocol icmp counter drop"
KERNELS = ("6.1", "6.12", "6.18")


class Devices(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap([icmp("10.0.0.1", "10.0.0.2")] * 3))

    def run_script(self, script, devices=("eth0", "eth1"), kernel=None, words=()):
        """The finished exec of a shell script; $N is nicemu, $C a capture of three packets."""
        if devices:
            words = (*words, "-r", self.folder.write("r.nft", chain([RULE], devices=devices)))
        if kernel:
            words = (*words, "-k", kernel)
        done = nicemu("exec", *words, "--", "sh", "-c", "N=$1 C=$2; " + script, "sh", NICEMU,
                      self.capture, timeout=60)
        self.assertLess(done.returncode, 125, done.stderr)
        return done

    def answer(self, script, **more):
        done = self.run_script("set -e; " + script, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class Gone(Devices):
    def test_the_chain_stays_and_shows_the_devices_that_its_kernel_shows(self):
        for kernel, devices in (("6.1", {"eth0"}), ("6.12", {"eth0"}), ("6.18", {"eth0", "eth1"})):
            with self.subTest(kernel):
                text = self.answer("ip link del eth1; nft list ruleset", kernel=kernel)
                hook = re.search(r"hook ingress (.*) priority", text).group(1)
                self.assertEqual(set(re.findall(r"eth\d", hook)), devices, text)
                self.assertIn("ip protocol icmp", text)

    def test_a_chain_that_loses_its_last_device_goes_with_it_in_older_kernels_only(self):
        for kernel, stays, device in (("6.1", False, None), ("6.12.95", False, None),
                                      ("6.12.117", True, None),
                                      ("6.18", True, "eth1")):
            with self.subTest(kernel):
                done = self.run_script("ip link del eth1; nft list ruleset", devices=("eth1",),
                                       kernel=kernel)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("table netdev t", done.stdout)
                self.assertEqual("chain c" in done.stdout, stays, done.stdout)
                self.assertEqual("its last device is gone" in done.stderr, not stays, done.stderr)
                self.assertEqual(re.findall(r"eth\d", done.stdout), [device] if device else [])

    def test_the_log_and_the_end_tell_that_the_driver_is_not_told(self):
        for kernel in KERNELS:
            with self.subTest(kernel):
                done = self.run_script("ip link del eth1; $N show log", kernel=kernel)
                self.assertEqual(done.returncode, 0, done.stderr)
                after = done.stdout[done.stdout.index("port eth1 is taken away"):]
                self.assertIn("device eth1 is gone", after)
                self.assertNotIn("DESTROY", after)
                self.assertNotIn("UNBIND", after)
                self.assertIn("device eth1 is gone", done.stderr)

    def test_a_replay_on_it_is_refused_and_lists_those_that_are_there(self):
        done = self.run_script("ip link del eth1; $N replay -p eth1 $C")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no longer has a port 'eth1'; its ports: eth0, eth2, ", done.stderr)
        done = self.run_script("ip link del eth1; $N replay -w eth1=/dev/null $C")
        self.assertEqual(done.returncode, 2, done.stderr)
        done = self.run_script("ip link del eth1; $N replay -p eth77 $C")
        self.assertIn("the NIC has no port 'eth77'", done.stderr)

    def test_show_nic_and_a_replay_do_not_list_it(self):
        text = self.answer("ip link del eth1; $N show nic -j")
        self.assertEqual([(p["name"], p["ifindex"]) for p in json.loads(text)["ports"]][:2],
                         [("eth0", 2), ("eth2", 4)])
        document = json.loads(self.answer("ip link del eth1; $N replay -j $C"))
        self.assertEqual([p["name"] for p in document["ports"]][:2], ["eth0", "eth2"])
        self.assertEqual(document["fate"]["drop"]["packets"], 3)

    def test_what_it_had_counted_stays(self):
        text = self.answer("$N replay -p eth1 $C >/dev/null; ip link del eth1; ip link del eth2; "
                           "$N show counters -j")
        document = json.loads(text)
        self.assertEqual([(p["name"], p["rx"]["packets"]) for p in document["ports"]][:3],
                         [("eth0", 0), ("eth1", 3), ("eth3", 0)])
        self.assertEqual(document["retired"]["packets"], 3)

    def test_captures_without_a_port_arrive_on_one_that_is_there(self):
        text = self.answer("ip link del wan; $N replay -j $C", devices=(),
                           words=("-n", self.folder.write("n.yaml", NIC)))
        self.assertEqual([c["port"] for c in json.loads(text)["captures"]], ["lan"])
        done = self.run_script("ip link del wan; ip link del lan; $N replay $C", devices=(),
                               words=("-n", self.folder.write("n.yaml", NIC)))
        self.assertEqual(done.returncode, 2)
        self.assertIn("the NIC has no port", done.stderr)


class Back(Devices):
    def test_it_has_a_new_index_and_no_rules(self):
        for kernel in KERNELS:
            with self.subTest(kernel):
                text = self.answer("ip link del eth1; ip link add eth1 type dummy; "
                                   "$N replay -j -p eth1 $C", kernel=kernel)
                document = json.loads(text)
                self.assertEqual((document["unmatched"]["packets"],
                                  document["fate"]["host"]["packets"]), (3, 3))
                self.assertEqual([p["rx"]["packets"] for p in document["ports"]
                                  if p["name"] == "eth1"], [3])
        text = self.answer("ip link del eth1; ip link add eth1 type dummy; $N show nic -j")
        self.assertEqual([p["ifindex"] for p in json.loads(text)["ports"] if p["name"] == "eth1"],
                         [10])

    def test_a_kernel_that_keeps_the_name_warns_that_nothing_is_bound(self):
        done = self.run_script("ip link del eth1; ip link add eth1 type dummy", kernel="6.18")
        self.assertIn("device eth1 came after the chain", done.stderr)
        done = self.run_script("ip link del eth1; ip link add eth1 type dummy", kernel="6.12")
        self.assertNotIn("came after", done.stderr)

    def test_it_can_have_its_old_index(self):
        text = self.answer("ip link del eth1; ip link add x index 3 type dummy; $N show nic -j")
        self.assertEqual([(p["name"], p["ifindex"]) for p in json.loads(text)["ports"]][1],
                         ("x", 3))

    def test_a_nic_file_says_which_ports_can_come(self):
        words = ("-n", self.folder.write("n.yaml", NIC))
        done = self.run_script("ip link add dmz type dummy", devices=(), words=words)
        self.assertEqual(done.returncode, 2)
        self.assertIn("only one that was deleted can be added", done.stderr)
        text = self.answer("ip link del wan; ip link add wan type dummy; $N show nic -j",
                           devices=(), words=words)
        self.assertEqual([p["name"] for p in json.loads(text)["ports"]], ["lan", "wan"])

    def test_other_types_of_links_are_refused_with_the_reason(self):
        for kind in ("vlan id 3", "veth"):
            done = self.run_script("ip link add v type %s" % kind)
            self.assertEqual(done.returncode, 2, kind)
            self.assertIn("there are no links of other types", done.stderr)


class Renamed(Devices):
    def test_hardware_goes_on_and_the_chain_shows_the_name_that_its_kernel_shows(self):
        for kernel, name in (("6.1", "wan"), ("6.12", "wan"), ("6.18", "eth1")):
            with self.subTest(kernel):
                text = self.answer("ip link set eth1 name wan; nft list ruleset; echo; "
                                   "$N replay -j -p wan $C", kernel=kernel)
                listing, _, document = text.partition("\n\n")
                hook = re.search(r"hook ingress (.*) priority", listing).group(1)
                self.assertEqual(set(re.findall(r"wan|eth\d", hook)), {"eth0", name}, listing)
                self.assertEqual(json.loads(document)["fate"]["drop"]["packets"], 3)

    def test_where_chains_keep_names_the_user_is_told_that_the_chain_has_lost_it(self):
        for kernel, told in (("6.12", False), ("6.18", True)):
            with self.subTest(kernel):
                done = self.run_script("ip link set eth1 name wan", kernel=kernel)
                self.assertEqual((done.returncode, "device wan is not called as in the chain" in done.stderr), (0, told),
                                 done.stderr)

    def test_the_old_name_is_free_and_a_taken_one_is_not(self):
        self.answer("ip link set eth1 name wan; ip link add eth1 type dummy")
        done = self.run_script("ip link set eth1 name eth2")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("File exists", done.stderr)


class Monitor(Devices):
    def test_ip_monitor_sees_them_go_and_come(self):
        if not shutil.which("timeout"):
            self.skipTest("timeout is not installed")
        text = self.answer("timeout 20 ip monitor link >%s & "
                           "until ip link del eth9 2>/dev/null && sleep 0.1 && grep -q eth9 %s; do "
                           "ip link add eth9 type dummy; sleep 0.1; done; kill $!; cat %s"
                           % ((self.folder("m"),) * 3))
        self.assertRegex(text, r"(?m)^Deleted \d+: eth9: ")


if __name__ == "__main__":
    PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for program in ("ip", "nft"):
        if not shutil.which(program, path=PATH):
            skip_suite(program + " is not installed")
    unittest.main()
