# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture that is cut while nicemu replays it: an error with file and offset, never a crash, and
never a packet of zeros. Every packet of the file matches its one rule, so zeros would be unmatched."""
import json
import os
import subprocess
import time
import unittest

from nicemu import NICEMU, end_group
from replay_support import Folder, chain, pcap, tcp

FRAME = tcp("10.0.0.1", "10.0.0.2", 1000, 80)
RECORD = 16 + len(FRAME)
COUNT = 100_000
SIZE = 24 + COUNT * RECORD
RULE = "ip saddr 10.0.0.1 tcp dport 80 counter drop"
INPUT = 3


def position_of_reader(path):
    """How far any process has read the file (0: nobody has it, or has read anything)."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        folder = "/proc/%s/fd" % process
        try:
            for number in os.listdir(folder):
                if os.readlink(os.path.join(folder, number)) == path:
                    with open("/proc/%s/fdinfo/%s" % (process, number)) as info:
                        return int(info.readline().split()[1])
        except OSError:
            continue
    return 0


class Truncated(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.rules = self.folder.write("r.nft", chain([RULE]))
        self.whole = pcap([FRAME]) + pcap([FRAME])[24:] * (COUNT - 1)
        self.assertEqual(len(self.whole), SIZE)

    def replay(self, size, jobs, delay, *words):
        """Played behind a pipe, so that it is open and known before it is cut to size."""
        capture = self.folder.write("cut.pcap", self.whole)
        process = subprocess.Popen(
            [NICEMU, "replay", "-j", "-r", self.rules, "--jobs", str(jobs), "-", capture, *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            deadline = time.time() + 60
            while not position_of_reader(capture):
                self.assertIsNone(process.poll(), process.poll() is not None and process.stderr.read())
                self.assertLess(time.time(), deadline, "the capture is not opened")
                time.sleep(0.01)
            if delay is None:
                os.truncate(capture, size)
            process.stdin.write(pcap([FRAME]))
            process.stdin.close()
            process.stdin = None
            if delay is not None:
                time.sleep(delay)
                os.truncate(capture, size)
            out, err = process.communicate(timeout=120)
        finally:
            end_group(process)
        return json.loads(out), process.returncode, err.decode()

    def check(self, report, status, err, size, certain):
        whole_records = max(0, (size - 24) // RECORD)
        rule, = report["rules"]
        self.assertEqual(report["unmatched"]["packets"], 0, report)
        self.assertEqual(sum(c["malformed"] + c["truncated"] for c in report["captures"]), 0)
        self.assertEqual(rule["packets"], report["packets"])
        self.assertEqual(rule["bytes"], report["packets"] * len(FRAME))
        if not certain and status == 0:
            self.assertEqual(report["packets"], 1 + COUNT)
            return
        self.assertEqual(status, INPUT, err)
        self.assertNotIn("ignal", err)
        error, = report["errors"]
        self.assertEqual((error["kind"], error["errno"]), ("input", "EINVAL"))
        self.assertTrue(error["file"].endswith("cut.pcap"))
        self.assertIn("offset %d: " % error["offset"], error["text"])
        self.assertGreaterEqual(report["packets"], 1 + whole_records)
        if certain:
            self.assertEqual(report["packets"], 1 + whole_records)
            self.assertEqual(error["offset"], 24 + whole_records * RECORD)

    def test_a_capture_cut_before_it_is_played_but_after_it_was_opened(self):
        for jobs in 1, 2, 3:
            for size in (24, 24 + RECORD, 24 + 5000 * RECORD, 4096 * 100, 4096 * 100 + 1, SIZE - 1,
                         SIZE - 40, SIZE - RECORD):
                with self.subTest(jobs=jobs, size=size):
                    self.check(*self.replay(size, jobs, None), size, True)

    def test_a_capture_cut_while_it_is_played(self):
        for jobs in 1, 2, 3:
            for delay in 0, 0.002, 0.01, 0.03:
                for size in (24 + 300 * RECORD, SIZE // 2, SIZE - 1000):
                    with self.subTest(jobs=jobs, delay=delay, size=size):
                        self.check(*self.replay(size, jobs, delay), size, False)

    def test_packets_of_a_cut_capture_that_are_written_are_not_made_of_zeros(self):
        out = self.folder("out.pcap")
        for delay in None, 0, 0.005:
            size = SIZE // 2 + 7
            report, status, err = self.replay(size, 1, delay, "-w", "drop=" + out)
            self.check(report, status, err, size, delay is None)
            with open(out, "rb") as data:
                written = data.read()
            self.assertEqual(written.count(FRAME), report["packets"])
            self.assertEqual(len(written), 24 + report["packets"] * RECORD)


if __name__ == "__main__":
    unittest.main()
