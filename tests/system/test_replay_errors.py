# SPDX-License-Identifier: GPL-2.0-or-later
"""What nicemu replay does with bad input: message, exit status, and that nothing good is lost."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest

from nicemu import NICEMU, RULES, SHARED_PCAPS, nicemu, skip_suite
from replay_support import Folder, chain, icmp, parse_pcap, pcap, replay, tcp

FRAMES = [icmp("10.0.0.1", "10.0.0.2"), tcp("10.0.0.1", "10.0.0.2", 1000, 80)]
DONE, REFUSED, USAGE, INPUT, ENVIRONMENT, OUTPUT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(FRAMES))
        self.rules = self.folder.write("r.nft", chain(["ip protocol icmp counter drop"]))

    def fails(self, status, *words, says=(), report=False, **more):
        document, done = replay(*words, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        for text in (says,) if isinstance(says, str) else says:
            self.assertIn(text, done.stderr)
        self.assertEqual(document is not None, report, done.stdout)
        return document


class Usage(Case):
    def test_wrong_words_are_usage(self):
        for words, says in (
                ((), "no capture"),
                (("-r", self.rules), "no capture"),
                (("--no-such-option", self.capture), "no-such-option"),
                (("--loop", "0", self.capture), "--loop"),
                (("--loop", "x", self.capture), "--loop"),
                (("--loop", "-1", self.capture), "--loop"),
                (("--jobs", "0", self.capture), "--jobs"),
                (("--jobs", "65", self.capture), "1 to 64"),
                (("--jobs", "many", self.capture), "auto"),
                (("--jobs", "2x", self.capture), "--jobs"),
                (("-w", "eth0", self.capture), "PORT=FILE"),
                (("-w", "=x", self.capture), "PORT=FILE"),
                (("-w", "all=" + self.folder("x.pcap"), self.capture), ".pcapng"),
                (("--filter", "tcp port port", self.capture), "syntax"),
                (("-", "-"), "only once"),
                (("-r", "-", "-"), "only once"),
                (("--color=sometimes", self.capture), "sometimes"),
                (("-w", "drop=-", "-w", "host=-", self.capture), "stdout")):
            with self.subTest(words=words):
                self.fails(USAGE, *words, says=says)
                self.assertFalse(os.path.exists(self.folder("x.pcap")))

    def test_an_unknown_port_lists_the_ports(self):
        self.fails(USAGE, "-p", "wan", self.capture, says=("'wan'", "eth0, eth1", "eth7"))
        self.fails(USAGE, self.capture, "-w", "wan=" + self.folder("x.pcap"), says=("'wan'", "eth7"))

    def test_an_unknown_option_is_told_once(self):
        for words, option in ((("replay", "--no-such-option", self.capture), "--no-such-option"),
                              (("replay", "-Z", self.capture), "'Z'"),
                              (("show", "nic", "--no-such-option"), "--no-such-option")):
            done = nicemu(*words)
            lines = done.stderr.splitlines()
            self.assertEqual((done.returncode, len(lines)), (USAGE, 2), done.stderr)
            self.assertTrue(lines[0].startswith("nicemu %s: " % words[0]), lines)
            self.assertIn(option, lines[0])
            self.assertIn("nicemu %s --help" % words[0], lines[1])

    def test_version_is_an_option_of_every_command(self):
        version = nicemu("--version").stdout
        self.assertRegex(version, r"^nicemu \d+\.\d+\.\d+\n$")
        for command in ("replay", "show", "exec", "start", "stop"):
            done = nicemu(command, "--version")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (DONE, version, ""))

    def test_a_port_that_is_asked_for_exists(self):
        self.assertEqual(replay("--port", "wan", "-p", "wan", self.capture)[1].returncode, DONE)

    def test_a_pipe_cannot_be_looped(self):
        done = nicemu("replay", "--loop", "2", "-", stdin="")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("--loop", done.stderr)

    def test_help_is_data(self):
        done = nicemu("replay", "--help")
        self.assertEqual((done.returncode, done.stderr), (DONE, ""))
        for option in ("--rules", "--write", "--filter", "--loop", "--merge", "--fake-ethernet",
                       "--jobs", "--socket", "--reproducible"):
            self.assertIn(option, done.stdout)


class Captures(Case):
    def test_what_cannot_be_opened(self):
        self.fails(INPUT, self.folder("none.pcap"), says=("none.pcap", "No such file"))
        self.fails(INPUT, self.folder.path, says="directory")
        self.fails(INPUT, self.capture, self.folder("none.pcap"), says="No such file")

    def test_what_is_no_capture(self):
        for name, data, says in (
                ("empty.pcap", b"", "empty"),
                ("short.pcap", b"\xd4\xc3", "ends inside"),
                ("text.pcap", b"hello, this is just text, and it is long enough", "neither pcap"),
                ("gz.pcap", b"\x1f\x8b\x08\x00" + b"\0" * 40, "gzip")):
            with self.subTest(name=name):
                self.fails(INPUT, self.folder.write(name, data), says=(name, says))

    def test_another_link_type(self):
        path = self.folder.write("raw.pcap", pcap(FRAMES, link=101))
        self.fails(INPUT, path, says=("not Ethernet", "--fake-ethernet"))
        self.fails(INPUT, "--fake-ethernet", self.folder.write("ppp.pcap", pcap(FRAMES, link=9)),
                   says="PPP")

    def test_a_cut_capture_is_played_up_to_the_cut(self):
        whole = pcap(FRAMES * 10)
        for cut in (1, 59, 60, 70, 75):
            path = self.folder.write("cut.pcap", whole[:-cut])
            report = self.fails(INPUT, "-r", self.rules, path, report=True,
                                says=("cut.pcap", "offset"))
            self.assertEqual((report["packets"], report["rules"][0]["packets"]), (19, 10), cut)
            self.assertEqual(report["errors"][0]["offset"], len(whole) - 76)
            self.assertFalse(report["interrupted"])

    def test_a_lying_length_ends_the_capture_there(self):
        data = pcap(FRAMES) + struct.pack("<IIII", 1, 1, 0x7fffffff, 0x7fffffff) + b"\0" * 64
        report = self.fails(INPUT, self.folder.write("lie.pcap", data), report=True,
                            says=("lie.pcap", "offset"))
        self.assertEqual(report["packets"], 2)

    def test_the_captures_after_a_broken_one_are_played(self):
        cut = self.folder.write("cut.pcap", pcap(FRAMES)[:-1])
        report = self.fails(INPUT, cut, self.capture, report=True)
        self.assertEqual([c["packets"] for c in report["captures"]], [1, 2])
        report = self.fails(INPUT, "--merge", cut, self.capture, report=True)
        self.assertEqual([c["packets"] for c in report["captures"]], [1, 2])

    def test_an_empty_pipe_is_an_error_of_its_own(self):
        done = nicemu("replay", "-j", "-", self.capture, stdin="")
        self.assertEqual(done.returncode, INPUT)
        self.assertEqual(json.loads(done.stdout)["packets"], 2)

    def test_the_table_is_printed_for_a_broken_capture_too(self):
        done = nicemu("replay", self.folder.write("cut.pcap", pcap(FRAMES)[:-1]))
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("in all", done.stdout)

    def test_captures_of_others_end_with_a_status_of_the_contract(self):
        if not os.path.isdir(SHARED_PCAPS):
            self.skipTest("the shared captures are missing")
        names = sorted(n for n in os.listdir(SHARED_PCAPS) if ".pcap" in n or n.endswith(".cap"))
        for name in names:
            done = replay(os.path.join(SHARED_PCAPS, name))[1]
            self.assertIn(done.returncode, (DONE, INPUT), (name, done.stderr))

    def test_an_unusual_file_name_is_no_trouble(self):
        name = os.path.join(self.folder.path, "caf\udce9 \x1b[2J.pcap")
        with open(name, "wb") as out:
            out.write(pcap(FRAMES))
        done = subprocess.run([NICEMU, "replay", name], capture_output=True)
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout)
        done = subprocess.run([NICEMU, "replay", "-j", name], capture_output=True)
        self.assertIn("caf\ufffd", json.loads(done.stdout)["captures"][0]["file"])


class Outputs(Case):
    def test_an_output_that_cannot_be_opened(self):
        self.fails(OUTPUT, self.capture, "-w", "host=" + self.folder("no/x.pcap"), says="no/x.pcap")
        self.fails(OUTPUT, self.capture, "-w", "host=" + self.folder.path, says="irectory")

    def test_a_full_disk_loses_the_output_but_not_the_report(self):
        report = self.fails(OUTPUT, "-r", self.rules, self.capture, "-w", "host=/dev/full",
                            "-w", "drop=" + self.folder("d.pcap"), report=True,
                            says=("/dev/full", "No space left"))
        self.assertEqual((report["packets"], report["errors"][0]["kind"]), (2, "output"))
        self.assertEqual(len(parse_pcap(self.folder.read("d.pcap"))), 1)

    def test_a_reader_that_goes_away_ends_only_the_output(self):
        big = self.folder.write("big.pcap", pcap(FRAMES * 20000, step=0))
        done = subprocess.run("%s replay %s -w host=- 2>%s | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}"
                              % (NICEMU, big, self.folder("err")), shell=True, executable="/bin/bash")
        text = self.folder.read("err").decode()
        self.assertEqual(done.returncode, OUTPUT, text)
        self.assertIn("Broken pipe", text)
        self.assertIn("in all", text)

    def test_an_output_that_is_also_an_input_is_not_touched(self):
        before = self.folder.read("a.pcap")
        os.link(self.capture, self.folder("b.pcap"))
        for name in ("a.pcap", "b.pcap"):
            self.fails(USAGE, self.capture, "-w", "host=" + self.folder(name), says="to be read")
        self.fails(USAGE, "-r", self.rules, self.capture, "-w", "host=" + self.rules, says="rules")
        self.assertEqual(self.folder.read("a.pcap"), before)

    def test_the_same_output_twice(self):
        self.fails(USAGE, self.capture, "-w", "host=" + self.folder("x.pcap"),
                   "-w", "drop=" + self.folder("x.pcap"), says="twice")

    def test_a_replay_that_does_not_happen_leaves_outputs_alone(self):
        bad = self.folder.write("bad.nft", chain(["ct state new counter drop"]))
        self.folder.write("old.pcap", b"precious")
        self.fails(REFUSED, "-r", bad, self.capture, "-w", "host=" + self.folder("old.pcap"),
                   "-w", "drop=" + self.folder("new.pcap"), report=True)
        self.assertEqual(self.folder.read("old.pcap"), b"precious")
        self.assertFalse(os.path.exists(self.folder("new.pcap")))

    def test_what_the_emulator_rejects_leaves_outputs_alone(self):
        text = self.folder.write("text.pcap", b"this is text and no capture, as anyone can see")
        for status, words in ((USAGE, ("--filter", "tcp port port", self.capture)),
                              (USAGE, ("-p", "wan", self.capture)),
                              (USAGE, (self.capture, "-w", "wan=" + self.folder("wan.pcap"))),
                              (INPUT, (text,)), (INPUT, (self.capture, text))):
            with self.subTest(words=words):
                self.folder.write("old.pcap", b"precious")
                self.fails(status, "-r", self.rules, *words, "-w", "host=" + self.folder("old.pcap"),
                           "-w", "drop=" + self.folder("new.pcap"))
                self.assertEqual(self.folder.read("old.pcap"), b"precious")
                self.assertFalse(os.path.exists(self.folder("new.pcap")))
                self.assertFalse(os.path.exists(self.folder("wan.pcap")))

    def test_an_output_of_before_is_replaced_as_a_whole(self):
        self.folder.write("old.pcap", b"x" * 100000)
        report = self.fails(DONE, self.capture, "-w", "host=" + self.folder("old.pcap"), report=True)
        self.assertEqual(report["errors"], [])
        self.assertEqual(len(parse_pcap(self.folder.read("old.pcap"))), 2)

    def test_a_report_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            for words in (("replay", self.capture), ("replay", "-j", self.capture)):
                done = subprocess.run([NICEMU, *words], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, OUTPUT, done.stderr)


class Rules(Case):
    def test_a_rules_file_that_cannot_be_read(self):
        self.fails(INPUT, "-r", self.folder("none.nft"), self.capture, says=("none.nft", "No such"))
        self.fails(INPUT, "-r", self.folder.path, self.capture, says="directory")

    def test_a_syntax_error_is_told_in_nfts_words(self):
        bad = self.folder.write("bad.nft", "table netdev t {\n\tchain c {\n\t\tfrobnicate\n\t}\n}\n")
        report = self.fails(REFUSED, "-r", bad, self.capture, report=True,
                            says=("bad.nft:3:", "syntax error", "frobnicate", "^"))
        record = report["refused"][0]
        self.assertEqual((record["file"], record["line"], record["layer"]), (bad, 3, "nft"))
        self.assertEqual(report["packets"], 0)

    def test_every_refused_rule_of_a_file_is_named(self):
        lines = ["ip saddr 10.0.0.1 counter drop", "ct state new drop", "ip saddr 10.0.0.2 drop",
                 "limit rate 1/second drop", "tcp dport 80 reject"]
        bad = self.folder.write("bad.nft", chain(lines))
        report = self.fails(REFUSED, "-r", bad, self.capture, report=True)
        self.assertEqual([r["line"] for r in report["refused"]], [5, 7, 8])
        for record in report["refused"]:
            self.assertEqual(record["file"], bad)
            for key in ("id", "errno", "layer"):
                self.assertIsInstance(record[key], str, record)
            self.assertIn("expression", record)
            self.assertIsNone(record["rule"]["handle"])

    def test_a_refused_chain_is_told_once_with_the_number_of_its_rules(self):
        bad = self.folder.write("bad.nft", chain(["ip saddr 10.0.0.%d drop" % i for i in range(3)]).replace(
            "priority 10", "priority -10") + "add rule netdev t nowhere drop\n")
        report = self.fails(REFUSED, "-r", bad, self.capture, report=True)
        self.assertEqual([(r["id"], r["rules"]) for r in report["refused"]], [("chain-priority", 3), ("nf-tables", 0)])
        for command in ("replay", "explain"):
            with self.subTest(command):
                errors = nicemu(command, "-r", bad, self.capture).stderr
                self.assertEqual(errors.count(": refused: "), 2, errors)
                self.assertIn("  its 3 rules have not been judged\n", errors)

    def test_a_refused_rule_of_an_included_file_is_named_with_that_file(self):
        inner = self.folder.write("inner.nft", "ip saddr != 10.0.0.1 drop\ntcp sport 1 tcp dport 2 drop\n")
        bad = self.folder.write("bad.nft", chain(["ip saddr 10.0.0.1 drop", 'include "%s"' % inner,
                                                  "tcp dport 80 reject"]))
        report = self.fails(REFUSED, "-r", bad, self.capture, report=True, says=(inner + ":1:10: refused",))
        self.assertEqual([(r["file"], r["line"]) for r in report["refused"]],
                         [(inner, 1), (inner, 2), (bad, 6)])
        done = nicemu("replay", "-r", bad, self.capture)
        self.assertNotIn("In file included", done.stderr)

    def test_every_refused_sample_is_named_with_its_line(self):
        names = sorted(os.listdir(os.path.join(RULES, "refused")))
        self.assertGreater(len(names), 50)
        for name in names:
            path = os.path.join(RULES, "refused", name)
            with open(path) as sample, self.subTest(name):
                expected = sample.readline().split()[1]
                report = self.fails(REFUSED, "-r", path, self.capture, report=True)
                self.assertIn(expected, [r["errno"] for r in report["refused"]])
                for record in report["refused"]:
                    self.assertIsInstance(record["line"], int, record)

    def test_a_refusal_at_commit_hides_no_other(self):
        nic = self.folder.write("n.yaml", "nic: tiny\nmodel: generic\nentries: 2\n"
                                          "ports:\n  - name: eth0\n")
        bad = self.folder.write("full.nft", chain(
            ["ip saddr 10.0.0.%d counter drop" % i for i in range(1, 6)]))
        report = self.fails(REFUSED, "-n", nic, "-r", bad, self.capture, report=True,
                            says=("full.nft:6:", "No space left"))
        self.assertEqual([(r["line"], r["errno"], r["layer"]) for r in report["refused"]],
                         [(line, "ENOSPC", "capacity") for line in (6, 7, 8)])

    def test_a_device_that_the_nic_lacks_is_refused_in_every_kernel(self):
        nic = self.folder.write("n.yaml", "nic: two\nmodel: generic\nports:\n"
                                          "  - name: wan\n  - name: lan\n")
        for kernel in ("6.12", "6.18"):
            report = self.fails(REFUSED, "-n", nic, "-k", kernel, "-r", self.rules, self.capture,
                                report=True, says=("eth0", "wan, lan"))
            self.assertGreaterEqual(len(report["refused"]), 1, kernel)

    def test_without_nft_the_package_is_named(self):
        empty = self.folder("bin")
        os.mkdir(empty)
        done = subprocess.run(["unshare", "-rm", "sh", "-c", 'for d in /usr/sbin /sbin; do '
                               '/bin/mount --bind "%s" $d || exit 99; done; PATH=%s exec %s replay -r %s %s'
                               % (empty, empty, NICEMU, self.rules, self.capture)],
                              capture_output=True, text=True)
        if done.returncode in (1, 99) or "unshare" in done.stderr:
            self.skipTest("no private mounts here: " + done.stderr)
        self.assertEqual(done.returncode, ENVIRONMENT, done.stderr)
        self.assertIn("apt-get install nftables", done.stderr)

    def test_an_unknown_kernel_or_nic_file(self):
        self.fails(USAGE, "-k", "banana", self.capture, says="6.12")
        self.fails(INPUT, "-n", self.folder("none.yaml"), self.capture, says="none.yaml")

    def test_a_refused_file_leaves_a_running_emulator_as_it_was(self):
        path = self.folder("s")
        nicemu("start", "--socket", path)
        self.addCleanup(nicemu, "stop", "--socket", path)
        nicemu("exec", "--socket", path, "--", "nft", "-f", self.rules)
        before = nicemu("exec", "--socket", path, "--", "nft", "-a", "list", "ruleset").stdout
        bad = self.folder.write("bad.nft", "flush ruleset\n" + chain(["ct state new drop"]))
        report = self.fails(REFUSED, "--socket", path, "-r", bad, self.capture, report=True)
        self.assertEqual(len(report["refused"]), 1)
        self.assertEqual(nicemu("exec", "--socket", path, "--", "nft", "-a", "list", "ruleset").stdout,
                         before)


class Interrupts(Case):
    def start(self, *words, **more):
        return subprocess.Popen([NICEMU, "replay", "-j", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def test_ctrl_c_ends_with_a_whole_report(self):
        big = self.folder.write("big.pcap", pcap(FRAMES * 1000))
        process = self.start("-r", self.rules, big, "--loop", "1000000", "-w",
                             "drop=" + self.folder("d.pcap"))
        deadline = time.time() + 30
        while time.time() < deadline and not (os.path.exists(self.folder("d.pcap")) and
                                              os.path.getsize(self.folder("d.pcap"))):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, err)
        report = json.loads(out)
        self.assertTrue(report["interrupted"])
        self.assertGreater(report["packets"], 0)
        self.assertEqual(report["packets"], sum(f["packets"] for f in report["fate"].values()))
        self.assertEqual(len(parse_pcap(self.folder.read("d.pcap"))),
                         report["fate"]["drop"]["packets"])

    def test_ctrl_c_while_a_pipe_is_silent(self):
        process = self.start("-", stdin=subprocess.PIPE)
        process.stdin.write(pcap(FRAMES))
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        with process:
            process.wait(timeout=30)
            report = json.loads(process.stdout.read())
            self.assertEqual((process.returncode, report["packets"], report["interrupted"]),
                             (INTERRUPTED, 2, True), process.stderr.read())

    def test_an_interrupt_is_told_before_an_input_error(self):
        cut = self.folder.write("cut.pcap", pcap(FRAMES * 1000)[:-1])
        process = self.start(cut, "--loop", "1000000")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, err)
        self.assertEqual(json.loads(out)["errors"][0]["kind"], "input")

    def test_an_output_error_is_told_before_an_input_error(self):
        cut = self.folder.write("cut.pcap", pcap(FRAMES)[:-1])
        report = self.fails(OUTPUT, cut, "-w", "host=/dev/full", report=True)
        self.assertEqual(sorted(e["kind"] for e in report["errors"]), ["input", "output"])


class Emulator(Case):
    def test_no_emulator_behind_the_socket(self):
        self.fails(ENVIRONMENT, "--socket", self.folder("none"), self.capture, says="none")

    def test_something_else_behind_the_socket(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.bind(self.folder("other"))
            other.listen()
            self.fails(ENVIRONMENT, "--socket", self.folder("other"), self.capture, says="other")


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
