# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu check: what is told when it can't come to its end, because of a signal or of an error."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

from nicemu import NICEMU, SOURCE, end_group, nicemu, skip_suite, start

NFT = next((p for p in (shutil.which("nft"), "/usr/sbin/nft", "/sbin/nft") if p and os.path.exists(p)), None)
# The real nft, but for its call with the number $STOP_AT, which is there and does not end, or not
# before a file "go" is there.
SLOW_NFT = """#!/bin/sh
calls=$(cat calls 2>/dev/null || echo 0)
calls=$((calls + 1))
echo $calls >calls
[ $calls -lt $STOP_AT ] || { : >waits; %s; }
exec %s "$@"
"""
FOR_EVER = "exec sleep 60"
UNTIL_GO = "for i in $(seq 600); do [ ! -e go ] || break; sleep 0.1; done"


def chain(table, device, *rules):
    return ("table netdev %s {\n\tchain c {\n\t\ttype filter hook ingress device \"%s\" priority 10; "
            "flags offload;\n%s\t}\n}\n" % (table, device, "".join("\t\t%s\n" % rule for rule in rules)))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("one.nft", chain("t", "eth0", "ip saddr != 1.2.3.4 drop"))
        self.write("two.nft", chain("u", "eth1", "ip saddr 1.2.3.4 drop"))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)
        return os.path.join(self.folder, name)

    def begin(self, stop_at, *words, how=FOR_EVER):
        """A check that waits in nft's call with that number."""
        os.makedirs(os.path.join(self.folder, "bin"), exist_ok=True)
        os.makedirs(os.path.join(self.folder, "tmp"), exist_ok=True)
        os.chmod(self.write("bin/nft", SLOW_NFT % (how, NFT)), 0o755)
        for name in ("calls", "waits"):
            if os.path.exists(os.path.join(self.folder, name)):
                os.remove(os.path.join(self.folder, name))
        process = start(NICEMU, "check", *words, "one.nft", "two.nft", cwd=self.folder, stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                        env=dict(os.environ, STOP_AT=str(stop_at), TMPDIR=os.path.join(self.folder, "tmp"),
                                 PATH=os.path.join(self.folder, "bin") + ":" + os.environ["PATH"]))
        self.addCleanup(end_group, process)
        for _ in range(600):
            if os.path.exists(os.path.join(self.folder, "waits")):
                return process
            time.sleep(0.05)
        self.fail("nft was not called %d times" % stop_at)

    def children(self, process, name):
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as f:
            return [pid for pid in map(int, f.read().split())
                    if os.path.basename(os.readlink("/proc/%d/exe" % pid)) == name]

    def stop(self, stop_at, *words, number=signal.SIGINT, group=False):
        process = self.begin(stop_at, *words)
        (os.killpg if group else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, (output, errors))
        self.assertEqual(os.listdir(os.path.join(self.folder, "tmp")), [])
        return output, errors


class Signals(Case):
    def document(self, *more, **how):
        output, errors = self.stop(*more[:1], "-j", *more[1:], **how)
        self.assertIn("interrupted", errors)
        return json.loads(output)

    def test_before_anything_is_known_nothing_is_said_to_be_checked(self):
        for number, group in ((signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGTERM, False)):
            with self.subTest(number=number, group=group):
                found = self.document(1, number=number, group=group)
                self.assertTrue(found["interrupted"])
                self.assertEqual([run["rules"] for run in found["runs"]], [[]])
                self.assertEqual([(m["file"], m["what"]) for m in found["not_checked"]],
                                 [("one.nft", "rules"), ("two.nft", "rules"), (None, "lint")])

    def test_verdicts_that_are_known_are_told_though_the_file_was_not_loaded(self):
        found = self.document(2)
        self.assertEqual([(r["file"], r["line"], r["verdict"], r["rule"]) for r in found["runs"][0]["rules"]],
                         [("one.nft", 4, "refused", "ip saddr != 1.2.3.4 drop")])
        self.assertEqual([(m["file"], m["what"]) for m in found["not_checked"]],
                         [("two.nft", "rules"), (None, "lint")])

    def test_of_several_kernels_those_that_were_not_begun_are_named(self):
        # Two passes over each of two files, and a listing.
        found = self.document(6, "-m", "generic", "-k", "6.1", "-k", "6.12")
        self.assertEqual([len(run["rules"]) for run in found["runs"]], [2, 0])
        self.assertEqual({(m["model"], m["kernel"]) for m in found["not_checked"]}, {("generic", "6.12")})
        self.assertEqual(found["runs"][0]["summary"]["refused"], 1)

    def test_each_file_by_itself(self):
        found = self.document(4, "--each")
        self.assertEqual([(m["file"], m["what"]) for m in found["not_checked"]], [("two.nft", "rules"), (None, "lint")])

    def test_each_format_says_that_it_is_not_all(self):
        self.assertRegex(self.stop(3)[0], r"(?m)^interrupted; not checked:\n  the rules of two\.nft, the lint$")
        self.assertIn("::error title=not checked::interrupted; not checked: the rules of two.nft",
                      self.stop(3, "--format", "github")[0])
        self.assertTrue(self.stop(3, "--format", "tap")[0].splitlines()[-1].startswith("Bail out! interrupted"))
        suites = ElementTree.fromstring(self.stop(3, "--format", "junit")[0])
        self.assertEqual([s.get("errors") for s in suites], ["0", "1"])
        self.assertIn("two.nft", suites[1].find("testcase/error").text)

    def test_a_second_signal_ends_it_also_where_the_emulator_does_not_answer(self):
        process = self.begin(1)
        emulator = self.children(process, "nicemu")
        self.assertEqual(len(emulator), 1)
        os.kill(emulator[0], signal.SIGSTOP)
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        try:
            # Two that come at once are one.
            for _ in range(100):
                if process.poll() is not None:
                    break
                os.kill(process.pid, signal.SIGINT)
                time.sleep(0.2)
            self.assertEqual(process.wait(30), -signal.SIGINT)
        finally:
            os.kill(emulator[0], signal.SIGKILL)

    def test_a_signal_that_only_nft_got_stops_the_check(self):
        # The second pass over the first file, and over the second one.
        for stop_at, left_out in ((2, ["two.nft", None]), (4, [None])):
            process = self.begin(stop_at, "-j")
            with self.subTest(stop_at):
                os.kill(self.children(process, "sleep")[0], signal.SIGINT)
                output, errors = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, errors)
                found = json.loads(output)
                self.assertTrue(found["interrupted"])
                self.assertEqual([m["file"] for m in found["not_checked"]], left_out)

    def test_while_nft_lists_it_is_nobodys_error(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                output, errors = self.stop(5, "-j", number=number)
                self.assertEqual([(m["file"], m["what"]) for m in json.loads(output)["not_checked"]], [(None, "lint")])
                self.assertEqual(errors.count("\n"), 1, errors)

    def test_a_lint_that_the_emulator_did_not_come_to_is_not_checked(self):
        process = self.begin(5, "-j", how=UNTIL_GO + "; exit 0")
        emulator = self.children(process, "nicemu")[0]
        os.kill(emulator, signal.SIGSTOP)
        self.write("go", "")
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.2)
        os.kill(emulator, signal.SIGKILL)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        found = json.loads(output)
        self.assertTrue(found["interrupted"])
        self.assertEqual([(m["file"], m["what"]) for m in found["not_checked"]], [(None, "lint")])
        self.assertEqual(len(found["runs"][0]["rules"]), 2)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_where_the_signal_lets_no_emulator_begin_what_was_found_is_reported(self):
        trace = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=/^mkdir"]
        if subprocess.run([*trace, "true"], capture_output=True, timeout=60).returncode:
            self.skipTest("strace can't trace here")
        # A leak checker is a tracer itself, and there is one already; a report's file makes folders, too.
        options = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        done = subprocess.run([*trace, "-e", "inject=/^mkdir:error=EINTR:signal=SIGINT:when=2", NICEMU,
                               "check", "-j", "-k", "6.1", "-k", "6.12", "one.nft"],
                              env=dict(os.environ, **options), cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 130, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual([(run["kernel"][:3], len(run["rules"])) for run in found["runs"]], [("6.1", 1)])
        self.assertEqual([(m["kernel"], m["file"], m["what"]) for m in found["not_checked"]],
                         [("6.12", "one.nft", "rules"), ("6.12", None, "lint")])

    def test_a_model_whose_name_is_no_text_is_named_all_the_same(self):
        shutil.copy(os.path.join(SOURCE, "netdevsim-config", "models", "generic.yaml"),
                    os.path.join(os.fsencode(self.folder), b"g\xff.yaml"))
        output, _ = self.stop(1, "-j", "-m", "./" + os.fsdecode(b"g\xff.yaml"))
        found = json.loads(output)
        self.assertEqual([m["what"] for m in found["not_checked"]], ["rules", "rules", "lint"])
        self.assertEqual({m["model"][:3] for m in found["not_checked"]}, {"./g"})

    def test_what_nft_ends_by_itself_after_an_ignored_signal_counts(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, signal.SIG_IGN)
            try:
                process = self.begin(1, "-j", how=UNTIL_GO)
            finally:
                signal.signal(number, before)
            with self.subTest(number):
                # To nft, too: it has inherited that it ignores it.
                os.killpg(process.pid, number)
                time.sleep(0.3)
                self.assertIsNone(process.poll())
                self.write("go", "")
                output, errors = process.communicate(timeout=60)
                self.assertEqual((process.returncode, errors), (1, ""))
                found = json.loads(output)
                self.assertEqual((found["interrupted"], found["not_checked"]), (False, []))
                self.assertEqual(len(found["runs"][0]["rules"]), 2)
            os.remove(os.path.join(self.folder, "go"))

    def test_an_ignored_signal_stays_ignored(self):
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = self.begin(1)
        finally:
            signal.signal(signal.SIGINT, before)
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)


class ErrorsBefore(Case):
    def test_files_behind_one_with_an_error_are_said_not_to_be_checked(self):
        self.write("bad.nft", "bogus\n")
        done = nicemu("check", "bad.nft", "one.nft", "two.nft", cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not checked, because of errors in what comes before:\n  the rules of one.nft, two.nft\n",
                      done.stdout)
        found = json.loads(nicemu("check", "-j", "bad.nft", "one.nft", cwd=self.folder).stdout)
        self.assertFalse(found["interrupted"])
        self.assertEqual([(m["file"], m["what"]) for m in found["not_checked"]], [("one.nft", "rules")])
        tap = nicemu("check", "--format", "tap", "bad.nft", "one.nft", cwd=self.folder).stdout
        self.assertNotIn("Bail out!", tap)

    def test_by_themselves_they_are_checked_all_the_same(self):
        self.write("bad.nft", "bogus\n")
        found = json.loads(nicemu("check", "-j", "--each", "bad.nft", "two.nft", cwd=self.folder).stdout)
        self.assertEqual(found["not_checked"], [])
        self.assertEqual([r["file"] for run in found["runs"] for r in run["rules"]], ["two.nft"])


if __name__ == "__main__":
    if not NFT:
        skip_suite("nft is not installed")
    unittest.main(verbosity=2)
