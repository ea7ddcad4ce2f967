# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu replay --jobs N: the same report and the same files, byte for byte, with any N."""
import glob
import os
import random
import signal
import subprocess
import time
import unittest

from nicemu import NICEMU, PCAPS, RULES, SHARED_PCAPS, nicemu
from replay_support import Folder, chain, icmp, parse_pcap, pcap, tcp, udp

OUTPUTS = ("eth1=one.pcapng", "host=host.pcap", "drop=drop.pcap", "all=all.pcapng")
JOBS = (2, 3, 16)
SEED = 5
MIRRORING = chain(["ip saddr 10.0.0.0/9 dup to eth1", "tcp dport 80 fwd to eth1", "ip protocol icmp drop",
                   "udp dport 53 counter accept"], devices=("eth0",))


def random_frames(count):
    generator = random.Random(SEED)
    address = lambda: "%d.%d.0.%d" % (generator.choice((10, 192)), generator.choice((1, 168)),
                                      generator.randrange(4))
    make = (lambda: tcp(address(), address(), 1000, generator.choice((80, 81)), b"x" * generator.randrange(1200)),
            lambda: udp(address(), address(), 1000, generator.choice((53, 54))),
            lambda: icmp(address(), address()))
    return [generator.choice(make)() for _ in range(count)]


class Jobs(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def left(self, jobs, words, outputs, stdin):
        """What one replay leaves: exit status, report, talk, files."""
        words = [w for to in outputs for w in ("-w", "%s=%s" % (to.split("=")[0], self.folder(to.split("=")[1])))] + words
        done = subprocess.run([NICEMU, "replay", "-j", "--reproducible", "--jobs", str(jobs), *words], input=stdin,
                              capture_output=True, timeout=120)
        files = {to: self.folder.read(to.split("=")[1]) for to in outputs}
        return {"status": done.returncode, "report": done.stdout, "talk": done.stderr, **files}

    def same(self, *words, outputs=OUTPUTS, status=0, stdin=None):
        """The answer of one job, which all others must give too."""
        words = [str(w) for w in words]
        one = self.left(1, words, outputs, stdin)
        self.assertEqual(one["status"], status, one["talk"])
        for jobs in JOBS:
            many = self.left(jobs, words, outputs, stdin)
            for what, value in one.items():
                self.assertEqual(many[what], value, "%s with %d jobs: seed %d, %s" % (what, jobs, SEED, words))
        return one

    def test_the_sample_captures_with_the_sample_rules(self):
        captures = sorted(glob.glob(os.path.join(PCAPS, "*.pcap*")))
        self.assertTrue(captures)
        for rules in ("demo", "mirror", "vlan"):
            self.same("-r", os.path.join(RULES, rules + ".nft"), *captures)

    def test_many_packets_of_all_fates_in_all_orders(self):
        rules = self.folder.write("r.nft", MIRRORING)
        frames = random_frames(8000)
        captures = [self.folder.write("%d.pcap" % i, pcap(frames[i::3], start=1000 + i, step=3)) for i in range(3)]
        for words in ((), ("--merge",), ("--loop", "3"), ("--merge", "--loop", "2"), ("--filter", "tcp or icmp")):
            self.same("-r", rules, *words, captures[0], "-p", "eth2", *captures[1:])

    def test_without_outputs(self):
        rules = self.folder.write("r.nft", MIRRORING)
        self.same("-r", rules, "--loop", "30", self.folder.write("a.pcap", pcap(random_frames(3000))), outputs=())

    def test_a_stream(self):
        self.same("-r", self.folder.write("r.nft", MIRRORING), "-", stdin=pcap(random_frames(5000)))

    def test_broken_inputs_and_outputs_are_told_in_the_same_order(self):
        whole = self.folder.write("a.pcap", pcap(random_frames(5000)))
        cut = self.folder.write("cut.pcap", pcap(random_frames(4000))[:-3])
        one = self.same(whole, cut, "-w", "host=/dev/full", "--loop", "2", status=5)
        self.assertIn(b"offset", one["talk"])
        self.same(cut, whole, status=3)

    def test_third_party_captures(self):
        captures = sorted(glob.glob(os.path.join(SHARED_PCAPS, "*.pcap*")), key=os.path.getsize)
        captures = [c for c in captures if os.path.getsize(c) < 4000000][-8:]
        if not captures:
            self.skipTest("no third-party captures in %s" % SHARED_PCAPS)
        for path in captures:
            status = nicemu("replay", "-j", path).returncode
            if status == 0:
                self.same("-r", os.path.join(RULES, "demo.nft"), path, outputs=OUTPUTS[1:])

    def test_auto_is_a_number_of_jobs(self):
        capture = self.folder.write("a.pcap", pcap(random_frames(300)))
        reports = [nicemu("replay", "-j", "--reproducible", "--jobs", jobs, capture) for jobs in ("1", "auto", "64")]
        for done in reports:
            self.assertEqual((done.returncode, done.stdout), (0, reports[0].stdout), done.stderr)

    def test_an_interrupt_leaves_the_beginning_of_every_output(self):
        capture = self.folder.write("a.pcap", pcap(random_frames(3000)))
        words = ("-r", self.folder.write("r.nft", MIRRORING), capture, "-w", "all=" + self.folder("all.pcapng"))
        for jobs in (1, 2, 3):
            process = subprocess.Popen([NICEMU, "replay", "-j", "--jobs", str(jobs), *words, "--loop", "100000",
                                        "-w", "drop=" + self.folder("drop.pcap")],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            deadline = time.time() + 30
            while time.time() < deadline and not (os.path.exists(self.folder("drop.pcap")) and
                                                  os.path.getsize(self.folder("drop.pcap"))):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, talk)
            part = parse_pcap(self.folder.read("drop.pcap"))
            nicemu("replay", "-q", *words[:-2], "--loop", str(3 + len(part) // 500),
                   "-w", "drop=" + self.folder("whole.pcap"))
            whole = parse_pcap(self.folder.read("whole.pcap"))
            self.assertTrue(part)
            self.assertEqual(part, whole[:len(part)], "%d jobs" % jobs)
            os.remove(self.folder("drop.pcap"))


if __name__ == "__main__":
    unittest.main()
