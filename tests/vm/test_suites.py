# SPDX-License-Identifier: GPL-2.0-or-later
"""All suites of tests/vm/suites on the kernel of this release (6.1), as scripts/vm test runs them."""
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))

from nicemu import BUILD, SOURCE, run, skip_suite

VM = os.path.join(SOURCE, "scripts", "vm")
LAST = re.compile(r"vm \S+: \d+ rules compared, \d+ differ \(\d+ by named kernel bugs\), (\d+) tests passed, 0 failed")


class Suites(unittest.TestCase):
    def test_the_real_kernel_says_what_nicemu_says(self):
        # Unlike other commands it has no time-out here: each guest has one.
        done = subprocess.run([VM, "test", "--no-install"], env={**os.environ, "NICEMU_BUILD": BUILD},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0)
        last = LAST.fullmatch(done.stdout.strip().split("\n")[-1])
        self.assertTrue(last and int(last.group(1)) > 0, "nothing was counted")


if __name__ == "__main__":
    prepared = run(VM, "prepare", "--no-install", timeout=500)
    if prepared.returncode == 4:
        skip_suite("no kernel for virtual machines: " + (prepared.stderr.strip().splitlines() or ["?"])[-1])
    unittest.main()
