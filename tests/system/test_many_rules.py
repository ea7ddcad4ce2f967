# SPDX-License-Identifier: GPL-2.0-or-later
"""Many rules through the real nft: loaded, listed, replayed, deleted; sets that are made to hurt; and
that the emulator's work grows with the number of rules and not with its square.

NICEMU_MANY_RULES is how many (default 20,000); with 1000000 nft alone takes minutes and 7 GB."""
import glob
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from many_rules import ruleset, rules
from nicemu import NICEMU, nicemu, run, skip_suite
from replay_support import Folder, pcap, tcp

MANY = int(os.environ.get("NICEMU_MANY_RULES", "20000"))
FEW = min(MANY, 5000)
TIMEOUT = 120 + MANY // 200


def sanitized():
    with open(NICEMU, "rb") as program:
        return b"__asan_init" in program.read()


class Loaded(unittest.TestCase):
    """An emulator of its own for each test."""

    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.socket = os.path.join(self.folder.path, "socket")
        self.start()

    def start(self, *options):
        done = nicemu("start", "--socket", self.socket, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(nicemu, "stop", "--socket", self.socket)

    def rules_file(self, lines):
        return self.folder.write("rules.nft", "".join(lines))

    def nft(self, *words):
        return nicemu("exec", "--socket", self.socket, "--", "nft", *words, timeout=TIMEOUT)

    def load(self, kind, count, **more):
        return self.nft("-f", self.rules_file(ruleset(kind, count, **more)))

    def listed(self):
        """[(handle, text)] of the rules, without counters."""
        done = self.nft("-s", "-a", "list", "chain", "netdev", "t", "c")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [(int(handle), text) for text, handle in
                re.findall(r"(?m)^\t\t(.+) # handle (\d+)$", done.stdout) if not text.startswith("type ")]

    def in_hardware(self):
        done = nicemu("show", "nic", "-j", "--socket", self.socket)
        return json.loads(done.stdout)["entries_used"]


class ManyRules(Loaded):
    def test_all_are_loaded_listed_in_order_and_deleted(self):
        done = self.load("plain", MANY)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.in_hardware(), MANY)
        listed = self.listed()
        self.assertEqual(len(listed), MANY)
        self.assertEqual([handle for handle, _ in listed], sorted(handle for handle, _ in listed))
        # nft leaves /32 out.
        wanted = [rule.replace("/32", "") for rule in rules("plain", MANY)]
        wrong = [(i, a, b[1]) for i, (a, b) in enumerate(zip(wanted, listed)) if a != b[1]]
        self.assertEqual(wrong[:3], [], "rule, written, listed; %u differ" % len(wrong))
        memory = json.loads(nicemu("show", "counters", "-j", "--socket", self.socket).stdout)["memory"]
        self.assertEqual(list(memory), ["table_bytes", "entry_bytes", "process_bytes"])
        self.assertGreater(memory["table_bytes"], 8 * MANY)
        self.assertGreater(memory["entry_bytes"], 128 * MANY)
        if not sanitized():
            self.assertLess(memory["process_bytes"] / MANY, 4096, "bytes a rule, in all")
        self.assertEqual(self.nft("flush", "chain", "netdev", "t", "c").returncode, 0)
        self.assertEqual((self.in_hardware(), self.listed()), (0, []))

    def test_one_in_the_middle_goes_alone_and_the_rest_with_the_table(self):
        self.assertEqual(self.load("ports", MANY).returncode, 0)
        before = self.listed()
        handle, _ = before[MANY // 2]
        self.assertEqual(self.nft("delete", "rule", "netdev", "t", "c", "handle", str(handle)).returncode, 0)
        self.assertEqual(self.in_hardware(), MANY - 1)
        self.assertEqual(self.listed(), before[:MANY // 2] + before[MANY // 2 + 1:])
        again = self.nft("delete", "rule", "netdev", "t", "c", "handle", str(handle))
        self.assertEqual(again.returncode, 1)
        self.assertIn("No such file or directory", again.stderr)
        self.assertEqual(self.in_hardware(), MANY - 1, "what is not there is deleted: nothing else goes")
        self.assertEqual(self.nft("delete", "table", "netdev", "t").returncode, 0)
        self.assertEqual(self.in_hardware(), 0)
        self.assertEqual(self.nft("list", "ruleset").stdout, "")

    def test_a_refused_rule_at_the_end_leaves_everything_as_before(self):
        self.assertEqual(self.load("ports", 3).returncode, 0)
        before = self.listed()
        lines = list(ruleset("ports", MANY, last=["ip saddr != 10.0.0.1 drop"]))
        done = self.nft("-f", self.rules_file(lines))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Operation not supported", done.stderr)
        self.assertEqual((self.in_hardware(), self.listed()), (3, before))


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def test_the_report_has_every_rule_with_its_text_and_count(self):
        count = min(MANY, 65535)
        hit = {1: 3, 2: 1, count // 2: 2, count: 5}
        rules_file = self.folder.write("rules.nft", "".join(ruleset("ports", count)))
        frames = [tcp("10.0.0.1", "10.0.0.2", 999, port) for port, packets in hit.items()
                  for _ in range(packets)]
        capture = self.folder.write("c.pcap", pcap(frames))
        done = nicemu("replay", "-j", "-r", rules_file, capture, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads(done.stdout)
        self.assertEqual([rule["rule"] for rule in report["rules"]], list(rules("ports", count)))
        counted = {i + 1: rule["packets"] for i, rule in enumerate(report["rules"]) if rule["packets"]}
        self.assertEqual(counted, hit)
        text = nicemu("replay", "-r", rules_file, capture, timeout=TIMEOUT)
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertEqual(len(re.findall(r"(?m)tcp dport \d+ counter drop$", text.stdout)), count)

    def test_refused_rules_among_many_are_told_each_with_its_line(self):
        lines = list(ruleset("ports", FEW))
        wrong = {FEW // 3: "ip saddr != 10.0.0.1 drop\n", FEW // 2: "tcp dport 1-5 drop\n"}
        for number, rule in wrong.items():
            lines[number - 1] = "add rule netdev t c " + rule
        rules_file = self.folder.write("rules.nft", "".join(lines))
        capture = self.folder.write("c.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 1)]))
        done = nicemu("replay", "-j", "-r", rules_file, capture, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 1, done.stderr)
        refused = json.loads(done.stdout)["refused"]
        self.assertEqual([record["line"] for record in refused], sorted(wrong))


class Hostile(Loaded):
    def test_a_mask_in_every_rule(self):
        done = self.load("masks", FEW)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.in_hardware(), FEW)
        self.assertEqual(self.nft("delete", "table", "netdev", "t").returncode, 0)
        self.assertEqual(self.in_hardware(), 0)

    def decides(self, kind, frame, count):
        """The numbers of the rules that counted a packet, when count rules of the kind are loaded."""
        self.assertEqual(self.load(kind, count).returncode, 0)
        capture = self.folder.write("c.pcap", pcap([frame]))
        done = nicemu("replay", "-j", "--socket", self.socket, capture, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [i for i, rule in enumerate(json.loads(done.stdout)["rules"]) if rule["packets"]]

    def test_of_rules_that_all_match_the_first_decides(self):
        self.assertEqual(self.decides("overlap", tcp("10.0.0.1", "10.0.0.2", 1, 2), FEW), [0])

    def test_of_one_rule_again_and_again_the_first_decides_until_it_goes(self):
        frame = tcp("192.0.2.1", "10.0.0.2", 1, 80)
        self.assertEqual(self.decides("same", frame, FEW), [0])
        handle, _ = self.listed()[0]
        self.assertEqual(self.nft("delete", "rule", "netdev", "t", "c", "handle", str(handle)).returncode, 0)
        self.assertEqual(self.in_hardware(), FEW - 1)
        capture = self.folder.write("d.pcap", pcap([frame]))
        report = json.loads(nicemu("replay", "-j", "--socket", self.socket, capture).stdout)
        self.assertEqual([rule["packets"] for rule in report["rules"][:2]], [1, 0])

    def test_more_than_the_nic_takes_leaves_it_as_before(self):
        nicemu("stop", "--socket", self.socket)
        nic = self.folder.write("n.yaml", "nic: small\nmodel: generic\nkernel: \"6.12\"\nentries: %u\n"
                                          "ports:\n  - name: eth0\n" % (FEW - 1))
        self.start("-n", nic)
        self.assertEqual(self.load("ports", 3).returncode, 0)
        done = self.load("plain", FEW)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(self.in_hardware(), 3)
        self.assertEqual([text for _, text in self.listed()], list(rules("ports", 3)))


class Linear(unittest.TestCase):
    """Instructions, not time: twice the rules take at most 2.2 times as many. What the ASIC does when
    its entries change is left out: its table plans anew from time to time, and tests of its own bound
    that."""
    SIZES = (1000, 2000)
    NOT_COUNTED = ("asic_replace", "asic_destroy_rule", "asic_release")
    PHASES = (
        ("load", ["nft", "-f", "RULES"]),
        ("list", ["nft", "list", "ruleset"]),
        ("show rules", [NICEMU, "show", "rules", "-j"]),
        ("show driver", [NICEMU, "show", "rules", "--driver", "-j"]),
        ("show lint", [NICEMU, "show", "lint", "-j"]),
        ("refused batch", ["nft", "-f", "REFUSED"]),
        ("replay", [NICEMU, "replay", "-j", "CAPTURE"]),
        ("delete the table", ["nft", "delete", "table", "netdev", "t"]),
        ("load again", ["nft", "-f", "RULES"]),
        ("delete one by one", ["nft", "-f", "DELETE"]),
    )

    def setUp(self):
        if not shutil.which("valgrind") or not shutil.which("callgrind_control"):
            self.skipTest("valgrind is not installed")
        if sanitized():
            self.skipTest("a program with AddressSanitizer does not run in valgrind")

    def write_files(self, folder, count):
        refused = ruleset("plain", count, last=["ip saddr != 1.2.3.4 drop"])
        return {
            "RULES": folder.write("rules.nft", "".join(ruleset("plain", count))),
            "REFUSED": folder.write("refused.nft", "".join(refused)),
            "CAPTURE": folder.write("c.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 2)])),
            "DELETE": os.path.join(folder.path, "delete.nft"),
        }

    def start(self, folder, socket):
        process = subprocess.Popen(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + folder.path + "/out",
                                    *("--toggle-collect=" + function for function in self.NOT_COUNTED),
                                    "--collect-atstart=yes",
                                    NICEMU, "start", "--socket", socket, "--foreground"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for _ in range(600):
            if os.path.exists(socket) or process.poll() is not None:
                break
            time.sleep(0.1)
        self.assertTrue(os.path.exists(socket), "the emulator does not start under valgrind")
        return process

    def write_deletion(self, path, within):
        """Every rule by its handle, the youngest first; how many there are."""
        listing = run(*within, "nft", "-a", "list", "chain", "netdev", "t", "c").stdout
        handles = re.findall(r"(?m)drop # handle (\d+)$", listing)
        with open(path, "w", encoding="utf-8") as file:
            for handle in reversed(handles):
                file.write("delete rule netdev t c handle %s\n" % handle)
        return len(handles)

    def count(self, size):
        """{phase: instructions of the emulator}."""
        counts = {}
        with Folder() as folder:
            files = self.write_files(folder, size)
            socket = os.path.join(folder.path, "socket")
            process = self.start(folder, socket)
            within = [NICEMU, "exec", "--socket", socket, "--"]
            for number, (phase, words) in enumerate(self.PHASES):
                if "DELETE" in words:
                    self.assertEqual(self.write_deletion(files["DELETE"], within), size)
                run("callgrind_control", "-z", str(process.pid))
                done = run(*within, *(files.get(word, word) for word in words))
                self.assertEqual(done.returncode, 1 if phase == "refused batch" else 0, (phase, done.stderr))
                run("callgrind_control", "--dump=" + phase.replace(" ", "-"), str(process.pid))
                paths = glob.glob(folder.path + "/out.%u" % (number + 1))
                self.assertEqual(len(paths), 1, "callgrind wrote no counts")
                with open(paths[0], encoding="utf-8", errors="replace") as file:
                    counts[phase] = int(re.search(r"^totals: (\d+)", file.read(), re.MULTILINE).group(1))
            nicemu("stop", "--socket", socket)
            process.wait()
        return counts

    def test_the_emulators_work_grows_with_the_number_of_rules(self):
        small, large = (self.count(size) for size in self.SIZES)
        for phase, count in small.items():
            with self.subTest(phase):
                self.assertGreater(count, 100 * self.SIZES[0] // 10, "nothing was counted")
                self.assertLess(large[phase] / count, 2.2, "%s: %u instructions for %u rules, %u for %u" % (
                    phase, count, self.SIZES[0], large[phase], self.SIZES[1]))
        for phase, count in large.items():
            print("%-18s %7u instructions a rule" % (phase, count // self.SIZES[1]), flush=True)


if __name__ == "__main__":
    if not shutil.which("nft"):
        skip_suite("nft is not installed")
    unittest.main()
