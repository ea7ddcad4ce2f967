# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu attach without a module: what is wrong with the words, and what lacks. The rest is in tests/vm/attach."""
import os
import tempfile
import unittest

from nicemu import NICEMU, nicemu, run, skip_suite


class Attach(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nicemu-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def attach(self, *words):
        done = nicemu("attach", *words, env=dict(os.environ, TMPDIR=self.folder))
        self.assertEqual(os.listdir(self.folder), [], "something is left")
        return done

    def test_words_that_cannot_be_meant(self):
        for words, text in ((("-k", "6.1"), "the kernel is the one that runs"),
                            (("--port", "eth0"), "the ports are the kernel's devices"),
                            (("--foreground", "--", "true"), "exclude each other"),
                            (("--refuse", "0:ENOSPC"), "is not [chain:|flowtable:|flower:]N[+]:ERRNO[:TEXT]"),
                            (("--refuse", "1:EWHAT"), "no errno's name"),
                            (("--count", "1"), "PACKETS:BYTES"),
                            (("--count", "1:2x"), "PACKETS:BYTES"),
                            (("--socket", "/nowhere/s"), "/nowhere/s: No such file")):
            with self.subTest(words):
                done = self.attach(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(text, done.stderr)

    def test_without_the_module_it_is_the_environment(self):
        for words in ((), ("--", "true"), ("--socket", os.path.join(self.folder, "s")),
                      ("--record", os.path.join(self.folder, "r"), "--", "true")):
            with self.subTest(words):
                done = self.attach(*words)
                self.assertEqual((done.returncode, done.stdout), (4, ""))
                self.assertRegex(done.stderr, r"^nicemu attach: the module nsim_nft_offload is not loaded.*\n$")

    def test_a_module_that_cannot_be_read_or_loaded(self):
        done = self.attach("--module", "/nowhere.ko")
        self.assertEqual(done.returncode, 4)
        self.assertIn("/nowhere.ko: No such file", done.stderr)
        done = self.attach("--module", "/dev/null", "--", "true")
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, r"^nicemu attach: /dev/null: .*\n$")

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    # A FIFO in the device's place says back what nicemu says: a module that agrees, until somebody writes nonsense.
    BROKEN = """
        mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mkfifo /dev/nsim_nft_offload && : >/dev/kmsg || exit 77
        "$nicemu" attach --socket one || exit
        printf x >/dev/nsim_nft_offload
        for i in $(seq 100); do "$nicemu" show --socket one nic >shown 2>&1 || break; sleep 0.1; done
        mv /dev/kmsg kmsg && : >/dev/kmsg
        "$nicemu" attach --foreground --socket two 2>said &
        for i in $(seq 100); do [ ! -S two ] || break; sleep 0.1; done
        printf x >/dev/nsim_nft_offload
        wait $!
        status=$?
        [ ! -s /dev/kmsg ] || exit 99
        exit $status"""

    def test_a_conversation_that_breaks_is_told_to_stderr_or_from_the_background_to_the_kernels_log(self):
        done = run("unshare", "-m", "sh", "-c", self.BROKEN, cwd=self.folder, env=dict(os.environ, nicemu=NICEMU))
        if done.returncode == 77 or done.stderr.startswith("unshare:"):
            self.skipTest("no mounts here: " + done.stderr.strip())
        self.assertEqual((done.returncode, done.stderr), (4, ""))
        said = self.read("said")
        self.assertRegex(self.read("kmsg"), r"^<27>nicemu attach --socket /.*/one has ended: a message of 1 bytes\n$")
        self.assertTrue(said.endswith("\nnicemu attach: a message of 1 bytes\n"), said)


if __name__ == "__main__":
    if os.path.exists("/sys/module/nsim_nft_offload"):
        skip_suite("the module is loaded here")
    unittest.main()
