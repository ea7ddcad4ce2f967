# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu check: files that are no rules, hold none, or can be read only once; words that are wrong."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from nicemu import NICEMU, end_group, nicemu, skip_suite, start

RULES = ('table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device "eth0" priority 10; flags offload;\n'
         "\t\tip saddr 1.2.3.4 drop\n\t\tip saddr 1.2.3.4 accept\n\t}\n}\n")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.mkdir(os.path.join(self.folder, "tmp"))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return name

    def check(self, *words, status, path=os.environ.get("PATH", ""), **more):
        done = nicemu("check", *words, cwd=self.folder, errors="replace",
                      env=dict(os.environ, TMPDIR=os.path.join(self.folder, "tmp"), PATH=path), **more)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        self.assertEqual(os.listdir(os.path.join(self.folder, "tmp")), [])
        return done


class NoRules(Case):
    NOTE = "no rule is for the NIC: none is in a chain with `flags offload`"

    def test_a_file_without_a_rule_for_the_nic_is_no_failure_and_is_said_to_be_that(self):
        other = "table inet f {\n\tchain i {\n\t\ttype filter hook input priority 0;\n\t\ttcp dport 1 drop\n\t}\n}\n"
        for text in ("", "# nothing\n", "flush ruleset\n", other):
            with self.subTest(text):
                done = self.check("-j", self.write("a.nft", text), status=0)
                self.assertEqual(json.loads(done.stdout)["notes"], [self.NOTE])
                self.assertIn(self.NOTE, done.stderr)
                self.assertEqual(self.check("-q", "a.nft", status=0).stderr, "")
        self.assertIn(self.NOTE, self.check("-", stdin="", status=0).stderr)

    def test_a_file_with_one_has_no_such_note(self):
        self.assertEqual(self.check(self.write("a.nft", RULES), status=0).stderr, "")
        refused = RULES.replace("priority 10", "priority -10")
        self.assertEqual(self.check(self.write("a.nft", refused), status=1).stderr, "")


class NftThatFails(Case):
    def test_what_it_says_without_a_place_is_told(self):
        self.write("nft", "#!/bin/sh\necho 'iface.c:124: Unable to initialize Netlink socket' >&2\nexit 3\n")
        os.chmod(os.path.join(self.folder, "nft"), 0o755)
        done = self.check(self.write("a.nft", RULES), status=1, path=self.folder + ":" + os.environ.get("PATH", ""))
        self.assertIn("a.nft: Error: nft failed: iface.c:124: Unable to initialize", done.stderr)


class NoRulesFile(Case):
    def test_what_nft_takes_for_nonsense_is_named_once(self):
        forms = {"CR LF": RULES.replace("\n", "\r\n"), "byte order mark": "\ufeff" + RULES,
                 "JSON": '\n {"nftables": []}\n', "no text file": b"\x7fELF\x01\0\0\n\1\2\nx\0y\n"}
        for hint, text in forms.items():
            with self.subTest(hint):
                done = self.check("-j", self.write("a.nft", text), status=1)
                hints = [e["hint"] for e in json.loads(done.stdout)["runs"][0]["errors"]]
                self.assertIn(hint, hints[0])
                self.assertEqual(set(hints[1:]) - {None}, set())
                self.assertEqual(done.stderr.count(hint), 1, done.stderr)

    def test_a_plain_syntax_error_has_no_such_hint(self):
        done = self.check("-j", self.write("a.nft", RULES + "bogus\n"), status=1)
        self.assertEqual([e["hint"] for e in json.loads(done.stdout)["runs"][0]["errors"]], [None])

    def test_a_file_commands_no_terminal(self):
        done = self.check(self.write("a.nft", "table netdev t\x1b[2J {\x07 }\n\x1b]0;x\n\xc2\x9b"), status=1)
        self.assertIn("?[2J", done.stderr)
        self.assertEqual([c for c in done.stderr + done.stdout if c < " " and c not in "\n\t" or "\x7f" <= c < "\xa0"], [])

    def test_a_line_that_nobody_can_read_is_not_quoted(self):
        done = self.check(self.write("a.nft", "x" * 100000 + "\n"), status=1)
        self.assertLess(len(done.stderr), 1000)
        self.assertIn("too long to be shown", done.stderr)


class Pipes(Case):
    def pipe(self, name, text):
        path = os.path.join(self.folder, name)
        os.mkfifo(path)

        def feed():
            with open(path, "w") as f:
                f.write(text)
        writer = threading.Thread(target=feed, daemon=True)
        writer.start()
        self.addCleanup(writer.join, 10)
        return name

    def test_what_can_be_read_only_once_is_checked_as_a_file_is(self):
        self.write("b.nft", RULES)
        found = json.loads(self.check("-j", self.pipe("a.nft", RULES), "-m", "generic", "-m", "none", status=1).stdout)
        plain = json.loads(self.check("-j", "b.nft", "-m", "generic", "-m", "none", status=1).stdout)
        self.assertEqual(json.dumps(found).replace("a.nft", "b.nft"), json.dumps(plain))
        self.assertEqual([f["id"] for f in found["runs"][0]["lint"]], ["never-hit"])

    def test_several_of_them(self):
        other = RULES.replace("eth0", "eth1").replace("netdev t", "netdev u")
        found = json.loads(self.check("-j", self.pipe("a.nft", RULES), "-", self.pipe("b.nft", "# nothing\n"),
                                      stdin=other, status=0).stdout)
        self.assertEqual([r["source"] for r in found["runs"][0]["rules"]], ["a.nft"] * 2 + ["stdin"] * 2)

    def test_no_copy_is_left_when_a_signal_ends_it_while_it_reads_another(self):
        name = self.pipe("a.nft", RULES)
        process = start(NICEMU, "check", name, "-", cwd=self.folder, stdin=subprocess.PIPE,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                        env=dict(os.environ, TMPDIR=os.path.join(self.folder, "tmp")))
        self.addCleanup(end_group, process)
        for _ in range(200):
            if len(os.listdir(os.path.join(self.folder, "tmp"))) == 2:
                break
            threading.Event().wait(0.05)
        self.assertEqual(len(os.listdir(os.path.join(self.folder, "tmp"))), 2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), -signal.SIGTERM)
        self.assertEqual(os.listdir(os.path.join(self.folder, "tmp")), [])


class Words(Case):
    def test_a_complaint_says_what_to_write(self):
        self.write("a.nft", RULES)
        for words, says in ((("-r", "a.nft"), "rules files are named without an option"),
                            (("-p", "eth0", "a.nft"), "devices of their chains"),
                            (("--allow", "never-hit,never-hit", "a.nft"), "each id has an --allow of its own"),
                            (("--allow", "nevr-hit", "a.nft"), "did you mean 'never-hit'?"),
                            (("--bogus", "a.nft"), "nicemu check: unrecognized option '--bogus'")):
            with self.subTest(words):
                self.assertIn(says, self.check(*words, status=2).stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
