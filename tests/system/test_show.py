# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu show: with a running emulator and without."""
import json
import os
import re
import shutil
import subprocess
import unittest

from nicemu import NICEMU, SOURCE, nicemu, skip_suite
from replay_support import Folder, chain, icmp, pcap

NIC = "nic: two\nmodel: generic\nkernel: \"6.12\"\nentries: 100\nports:\n  - name: wan\n  - name: lan\n"


class WithoutEmulator(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def test_the_described_nic(self):
        path = self.folder.write("n.yaml", NIC)
        document = json.loads(nicemu("show", "nic", "-j", "-n", path).stdout)
        self.assertEqual((document["nic"], document["entries"], document["entries_used"]),
                         ("two", 100, 0))
        self.assertEqual([(p["name"], p["ifindex"]) for p in document["ports"]],
                         [("wan", 2), ("lan", 3)])
        document = json.loads(nicemu("show", "nic", "-j", "--port", "dmz").stdout)
        self.assertIn("dmz", [p["name"] for p in document["ports"]])
        text = nicemu("show", "nic", "-n", path).stdout
        self.assertRegex(text, r"(?m)^wan +2 +uplink +02:00:00:00:00:00")

    def test_the_kernel_behaviour(self):
        old = json.loads(nicemu("show", "kernel", "-j", "-k", "6.12.95").stdout)
        new = json.loads(nicemu("show", "kernel", "-j", "-k", "6.12.103").stdout)
        self.assertEqual((old["kernel"], new["kernel"]), ("6.12.95", "6.12.103"))
        self.assertFalse(old["behaviors"]["short_load_masks_fixed"])
        self.assertTrue(new["behaviors"]["short_load_masks_fixed"])
        done = nicemu("show", "kernel", "-k", "6.18")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in new["behaviors"]:
            self.assertIn(name, done.stdout)
        last = done.stdout.splitlines()[-1]
        self.assertRegex(last, r"^%u of %u statements are unchecked in part: " %
                         (len(new["unchecked"]), len(new["behaviors"])))
        for name in new["unchecked"]:
            self.assertIn(name, last)
        self.assertEqual(nicemu("show", "kernel", "-k", "banana").returncode, 2)

    def test_topics_that_need_an_emulator_say_so(self):
        environment = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
        for topic in ("rules", "counters", "log"):
            done = nicemu("show", topic, env=environment)
            self.assertEqual(done.returncode, 4, topic)
            self.assertIn("nicemu start", done.stderr)

    def test_what_is_not_there_yet_says_so(self):
        for topic in ("flows", "conntrack"):
            done = nicemu("show", topic)
            self.assertEqual(done.returncode, 4, topic)
            self.assertIn("not available in this version", done.stderr)

    def test_usage(self):
        for words in ((), ("nonsense",), ("nic", "rules"), ("nic", "--frob")):
            done = nicemu("show", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("--help", done.stderr)
        done = nicemu("show", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_wrong_topic_is_told_all_those_of_the_help(self):
        topics = nicemu("show", "nope").stderr.split("topics: ")[1].split("\n")[0].split(", ")
        listed = re.findall(r"^  (\w+)(?:, (\w+))? ", nicemu("show", "--help").stdout.split("\n\n")[1], re.M)
        self.assertEqual(sorted(topics), sorted({name for names in listed for name in names if name}))

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            for words in (("nic",), ("nic", "-j"), ("kernel",)):
                done = subprocess.run([NICEMU, "show", *words], stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 5, words)


COUNT = {"packets": int, "bytes": int}
RECORDED = {"flowtable": int, "flower": int}
# The documents as emu/DESIGN.md has them: each field, and what it holds.
NIC_DOCUMENT = {"schema_version": int,
    "nic": str, "model": str, "kernel": str, "entries": int, "entries_used": int, "recorded_only": RECORDED,
    "open_ports": bool,
    "ports": [{"name": str, "ifindex": int, "kind": str, "mac": str, "speed": int, "mtu": int,
               "hw_tc_offload": bool, "represents": (str, type(None))}]}
COUNTERS_DOCUMENT = {"schema_version": int,
    "ports": [{"name": str, "rx": COUNT, "tx": COUNT, "host": COUNT}], "entries": int, "entries_used": int,
    "recorded_only": RECORDED, "retired": COUNT,
    "memory": {"table_bytes": int, "entry_bytes": int, "process_bytes": int}}


class Documented(unittest.TestCase):
    """Each named field is there, no other is, and the contract names each."""

    def compare(self, document, form, at):
        if isinstance(form, dict):
            self.assertEqual(list(document), list(form), at)
            for name, inner in form.items():
                self.compare(document[name], inner, "%s.%s" % (at, name))
        elif isinstance(form, list):
            self.assertTrue(document, at)
            for number, inner in enumerate(document):
                self.compare(inner, form[0], "%s[%u]" % (at, number))
        else:
            self.assertIsInstance(document, form, at)
            self.assertEqual(isinstance(document, bool), form is bool, at)

    def section(self, title):
        """What the contract shows between the marks of its example."""
        with open(os.path.join(SOURCE, "emu", "DESIGN.md"), encoding="utf-8") as file:
            return file.read().split("### JSON of `%s`" % title)[1].split("```")[1]

    def names(self, form):
        if isinstance(form, list):
            form = form[0]
        if isinstance(form, dict):
            for name, inner in form.items():
                yield name
                yield from self.names(inner)

    def check(self, topic, form, *options):
        done = nicemu("exec", "-q", *options, "--", NICEMU, "show", topic, "-j")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.compare(document, form, topic)
        section = self.section("show %s -j" % topic)
        self.assertEqual(set(re.findall(r'"([a-z_]+)":', section)), set(self.names(form)))
        return document

    def test_show_nic(self):
        switchdev = os.path.join(SOURCE, "netdevsim-config", "switchdev.yaml")
        document = self.check("nic", NIC_DOCUMENT, "-n", switchdev)
        self.assertEqual({port["kind"] for port in document["ports"]}, {"uplink", "pf", "vf", "representor"})
        self.assertEqual([port["represents"] for port in document["ports"] if port["kind"] == "representor"],
                         ["vf0", "vf1"])

    def test_show_counters(self):
        self.check("counters", COUNTERS_DOCUMENT)

    def test_show_nic_without_an_emulator(self):
        environment = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
        self.compare(json.loads(nicemu("show", "nic", "-j", env=environment).stdout), NIC_DOCUMENT, "nic")


class WithEmulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder().__enter__()
        cls.addClassCleanup(cls.folder.__exit__)
        cls.socket = cls.folder("s")
        nic = cls.folder.write("n.yaml", NIC)
        rules = cls.folder.write("r.nft", chain(
            ["ip protocol icmp counter fwd to lan comment \"x\"", "tcp dport 80 drop"], devices=("wan",)))
        capture = cls.folder.write("a.pcap", pcap([icmp("10.0.0.1", "10.0.0.2")] * 3))
        for words in (("start", "--socket", cls.socket, "-n", nic),
                      ("replay", "--socket", cls.socket, "-r", rules, capture)):
            done = nicemu(*words)
            assert done.returncode == 0, done.stderr
        cls.addClassCleanup(nicemu, "stop", "--socket", cls.socket)

    def show(self, *words):
        done = nicemu("show", *words, "--socket", self.socket)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_nic(self):
        document = json.loads(self.show("nic", "-j"))
        self.assertEqual((document["nic"], document["entries"], document["entries_used"]),
                         ("two", 100, 2))
        self.assertIn("2 of 100 entries in use", self.show("nic"))

    def test_rules_hold_all_that_was_counted(self):
        rules = json.loads(self.show("rules", "-j"))["rules"]
        self.assertEqual([(r["packets"], r["bytes"], r["in_hw"], r["has_counter"]) for r in rules],
                         [(3, 180, True, True), (0, 0, True, False)])
        self.assertEqual([rules[0]["comment"], rules[1]["rule"]], ["x", "tcp dport 80 drop"])
        self.assertRegex(rules[0]["rule"], r'^ip protocol icmp counter fwd to "?lan"?$')
        text = self.show("rules")
        self.assertRegex(text, r"3 +180 .*ip protocol icmp counter fwd to")
        self.assertRegex(text, r"\* tcp dport 80 drop")

    def test_counters_of_ports(self):
        ports = json.loads(self.show("counters", "-j"))["ports"]
        self.assertEqual([(p["name"], p["rx"]["packets"], p["tx"]["packets"]) for p in ports],
                         [("wan", 3, 0), ("lan", 0, 3)])
        self.assertRegex(self.show("counters"), r"(?m)^wan +3 +180 +0 +0$")

    def test_log_tells_of_commands_and_replays(self):
        lines = json.loads(self.show("log", "-j"))["lines"]
        self.assertEqual([line["sequence"] for line in lines], list(range(1, len(lines) + 1)))
        self.assertTrue(any("replay: 3 packets" in line["text"] for line in lines), lines)
        self.assertTrue(any("REPLACE" in line["text"] for line in lines), lines)
        self.assertIn("replay: 3 packets from 1 capture\n", self.show("log"))

    def test_log_tells_what_each_command_handed_over(self):
        rules = self.folder.write("log.nft", chain(["ip saddr 10.0.0.1 dup to lan drop"], devices=("wan",)))
        capture = self.folder.write("log.pcap", pcap([icmp("10.0.0.1", "10.0.0.2")] * 3))
        script = ('"$0" replay -q "$1" >"$2"; nft list ruleset >"$2"; nft list ruleset >"$2"; '
                  'nft delete chain netdev t c; nft -f "$3" 2>"$2"; "$0" show log -j')
        nic = self.folder.write("n.yaml", NIC)
        second = self.folder.write("two.nft", chain([], devices=("wan",), name="c") +
                                   chain([], devices=("wan",), name="d"))
        done = nicemu("exec", "-n", nic, "-r", rules, "--", "sh", "-c", script, NICEMU, capture,
                      self.folder("out"), second)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [(line["level"], line["text"]) for line in json.loads(done.stdout)["lines"]]
        commands = [(level, text) for level, text in lines
                    if text.startswith(("BIND", "UNBIND", "REPLACE", "DESTROY", "STATS"))]
        rule = "wan: netdev t c handle 2 cookie 0x1"
        self.assertEqual(commands[:5], [
            ("info", "BIND wan: netdev t c"),
            ("info", "REPLACE %s prio 10 protocol 0x0800 keys CONTROL|BASIC|IPV4_ADDRS actions MIRRED:lan,DROP" % rule),
            ("info", "STATS %s packets 3 bytes 180" % rule),
            ("info", "DESTROY " + rule),
            ("info", "UNBIND wan: netdev t c")])
        # The second listing found nothing new; a chain that goes takes its rules out twice.
        self.assertEqual(commands[5], ("info", "DESTROY %s refused: ENOENT: binding 1 has no rule with the cookie 0x1" % rule))
        self.assertIn(("info", "BIND wan: netdev t c"), commands[6:])
        self.assertTrue(any(level == "warning" and text.startswith("BIND wan: netdev t d refused: EBUSY: ")
                            for level, text in commands[6:]), commands)

    def test_the_kernel_of_the_emulator(self):
        self.assertRegex(json.loads(self.show("kernel", "-j"))["kernel"], r"^6\.12\.\d+$")

    def test_inside_exec_the_emulator_is_found_by_itself(self):
        done = nicemu("exec", "--socket", self.socket, "--", NICEMU, "show", "nic", "-j")
        self.assertEqual(json.loads(done.stdout)["nic"], "two", done.stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
