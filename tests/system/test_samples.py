# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file of rules/ loads; every file of rules/refused/ is refused as its first line says."""
import errno
import glob
import os
import re
import shutil
import subprocess
import unittest

from nicemu import NICEMU, RULES, nicemu, run

FIRST_LINE = re.compile(r"# (E[A-Z]+) (at the message|at commit): (.+)")
# nft drops the mask `& 0xffff` when it lists, and merges the two ports when it loads that again.
LISTED_DIFFERENTLY = {"ports.nft"}
# Refused by the NIC's driver, so a kernel without the NIC accepts them.
NIC_REFUSES = {"chain-second-on-port", "redirect-target", "mirror-target"}


def refused_files():
    return sorted(glob.glob(os.path.join(RULES, "refused", "*.nft")))


def first_line(path):
    with open(path) as f:
        return f.readline().rstrip("\n")


class Samples(unittest.TestCase):
    def test_accepted_samples_load_and_list_the_same_when_loaded_again(self):
        files = sorted(glob.glob(os.path.join(RULES, "*.nft")))
        self.assertGreater(len(files), 5)
        for path in files:
            with self.subTest(os.path.basename(path)):
                self.assertRegex(first_line(path), "^# .{10,}")
                again = "true" if os.path.basename(path) in LISTED_DIFFERENTLY else \
                    'nft -f "$0" && nft list ruleset | cmp - "$0"'
                done = nicemu("exec", "--", "sh", "-c",
                              'nft -f "$1" && nft list ruleset >"$0" && nft flush ruleset && ' + again,
                              self.temporary(), path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_refused_samples_are_refused_with_their_errno_at_their_time(self):
        self.assertGreater(len(refused_files()), 60)
        for path in refused_files():
            with self.subTest(os.path.basename(path)):
                name, when, _ = FIRST_LINE.fullmatch(first_line(path)).groups()
                done = nicemu("exec", "--", "nft", "-f", path)
                self.assertEqual(done.returncode, 1, done.stderr)
                errors = [l for l in done.stderr.splitlines() if ": Error: " in l]
                self.assertEqual(len(errors), 1, done.stderr)
                self.assertIn(os.strerror(getattr(errno, name)), errors[0])
                line = int(re.match(r".*?:(\d+):", errors[0]).group(1))
                # nft blames the batch's first command, which is the file's second line.
                self.assertEqual(line == 2, when == "at commit", errors[0])

    def test_every_refusal_is_followed_by_its_reason(self):
        for path in refused_files():
            with self.subTest(os.path.basename(path)):
                name = first_line(path).split()[1]
                done = nicemu("exec", "--", "nft", "-f", path)
                reasons = [l for l in done.stderr.splitlines() if l.startswith("nicemu")]
                self.assertTrue(any(name in l for l in reasons), done.stderr)

    def test_an_element_that_would_have_to_expire_is_refused_with_its_reason(self):
        for set_, element in (("flags timeout;", "1.1.1.1 timeout 1h"), ("timeout 1h;", "1.1.1.1")):
            with self.subTest(set_):
                done = nicemu("exec", "--", "nft", "-f", "-", stdin="table ip t {\n set s { type ipv4_addr; %s "
                              "elements = { %s }; }\n}\n" % (set_, element))
                self.assertEqual(done.returncode, 1)
                self.assertIn("Operation not supported", done.stderr)
                self.assertRegex(done.stderr, r"nicemu: ip t: .*expire.*element-timeout")

    def test_the_running_kernel_says_the_same(self):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            self.skipTest("needs root for a network namespace")
        release = tuple(int(n) for n in re.findall(r"\d+", os.uname().release)[:2])
        if release < (6, 18):
            self.skipTest("kernel %s refuses devices that do not exist" % os.uname().release)
        for path in refused_files():
            name = os.path.basename(path)[:-4]
            if name in NIC_REFUSES:
                continue
            with self.subTest(name):
                device = name in ("chain-egress", "chain-inet-ingress")
                real = run("unshare", "-n", "sh", "-c",
                           ("ip link add eth0 type veth peer name eth1 && " if device else "") +
                           'nft -f "$0"', path)
                ours = nicemu("exec", "-k", "6.18", "--", "nft", "-f", path)
                ours = [l for l in ours.stderr.splitlines() if not l.startswith(("nicemu", "  "))]
                self.assertEqual(real.returncode, 1)
                self.assertEqual([l for l in ours if ": Error: " in l],
                                 [l for l in real.stderr.splitlines() if ": Error: " in l])

    def temporary(self):
        path = subprocess.check_output(["mktemp"], text=True).strip()
        self.addCleanup(os.unlink, path)
        return path


if __name__ == "__main__":
    unittest.main()
