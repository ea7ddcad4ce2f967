# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu attach without a module: what is wrong with the words, and what lacks. The rest is in tests/vm/attach."""
import os
import tempfile
import unittest

from nicemu import nicemu, skip_suite


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


if __name__ == "__main__":
    if os.path.exists("/sys/module/nsim_nft_offload"):
        skip_suite("the module is loaded here")
    unittest.main()
