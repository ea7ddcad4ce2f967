# SPDX-License-Identifier: GPL-2.0-or-later
"""--record and nicemu show recording."""
import json
import os
import shutil
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, chain


class Recording(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.rules = self.folder.write("r.nft", chain(["ip saddr 10.0.0.0/8 counter drop"], devices=("eth0",)))
        self.file = os.path.join(self.folder.path, "r.jsonl")

    def record(self, *words):
        done = nicemu("exec", "--record", self.file, "-r", self.rules, *words, "--", "nft", "flush", "ruleset")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(self.file) as f:
            return [json.loads(line) for line in f]

    def test_has_what_the_driver_was_told(self):
        lines = self.record("-k", "6.12.107")
        self.assertEqual({k: v for k, v in lines[0].items() if k != "generator"},
                         {"nicemu_recording": 1, "source": "emulator", "kernel": "6.12.107"})
        self.assertEqual([line["event"] for line in lines[1:]],
                         ["port", "BIND", "REPLACE", "DESTROY", "UNBIND", "DESTROY", "RELEASE"])
        for line in lines[1:]:
            self.assertRegex(line["time"], r"^\d+\.\d{9}$")
        self.assertEqual((lines[1]["name"], lines[1]["ifindex"], lines[1]["mac"]), ("eth0", 2, "02:00:00:00:00:00"))
        self.assertEqual([line["error"] for line in lines[2:7]], [None, None, None, None, "ENOENT"])
        self.assertEqual(lines[3]["keys"]["IPV4_ADDRS"], {"src": {"value": "10.0.0.0", "mask": "255.0.0.0"}})

    def test_two_runs_give_the_same_bytes_with_reproducible(self):
        self.record("--reproducible")
        with open(self.file, "rb") as f:
            first = f.read()
        self.record("--reproducible")
        with open(self.file, "rb") as f:
            self.assertEqual(f.read(), first)
        self.assertNotIn(b'"time"', first)

    def test_text_and_json_of_show(self):
        self.record()
        text = nicemu("show", "recording", self.file)
        self.assertEqual((text.returncode, text.stderr), (0, ""))
        self.assertIn("\n  IPV4_ADDRS src             10.0.0.0/255.0.0.0\n", text.stdout)
        document = json.loads(nicemu("show", "recording", "-j", self.file).stdout)
        self.assertEqual(len(document["events"]), 7)
        with open(self.file) as f:
            piped = nicemu("show", "recording", "-", stdin=f.read())
        self.assertEqual(piped.stdout, text.stdout)

    def test_a_malformed_recording_is_an_error_with_its_line(self):
        self.record()
        with open(self.file, "a") as f:
            f.write('{"event":"BIND"}\n')
        done = nicemu("show", "recording", self.file)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("line 9: \"binding\" is missing", done.stderr)

    def test_a_file_that_cannot_be_written(self):
        for words in (("exec", "--", "true"), ("start", "--socket", os.path.join(self.folder.path, "s"))):
            with self.subTest(words[0]):
                done = nicemu(words[0], "--record", "/nowhere/r.jsonl", *words[1:])
                self.assertEqual(done.returncode, 125 if words[0] == "exec" else 5)
                self.assertIn("--record: /nowhere/r.jsonl: No such file or directory", done.stderr)

    def test_a_full_disk_is_said(self):
        done = nicemu("exec", "--record", "/dev/full", "--", "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("/dev/full: No space left on device", done.stderr)

    def test_stop_tells_that_one_in_the_background_is_not_whole(self):
        socket = os.path.join(self.folder.path, "s")
        os.mkfifo(self.file)
        reader = os.open(self.file, os.O_RDONLY | os.O_NONBLOCK)
        done = nicemu("start", "--socket", socket, "--record", self.file)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        os.close(reader)
        nicemu("exec", "--socket", socket, "-r", self.rules, "--", "true")
        self.assertIn("the recording ends here", nicemu("show", "log", "--socket", socket).stdout)
        done = nicemu("stop", "--socket", socket)
        self.assertEqual(done.returncode, 5)
        self.assertIn("r.jsonl is not whole: Broken pipe", done.stderr)
        self.assertFalse(os.path.exists(socket))

    def test_commands_without_a_nic_of_their_own_refuse_it(self):
        for words in (("show", "nic"), ("stop", "--socket", "x")):
            done = nicemu(*words, "--record", self.file)
            self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse(os.path.exists(self.file))


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
