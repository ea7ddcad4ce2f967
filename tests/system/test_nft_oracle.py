# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables, chains and rules: every answer, notification, dump and print as the running kernel's."""
import os
import re
import sys
import unittest

import nft_cases
import oracle
from nicemu import skip_suite

# What may differ inside an attribute dump, and why; the rest of the line must be equal.
SCRUBBED = (
    (r"08000700[0-9a-f]{8}", "NFTA_TABLE_OWNER is the client's port id"),
    (r"0[de]000[0-9a-f]005f5f636861696e(3[0-9])+0+", "automatic chain names count per host"),
    # The same, inside lengths of what contains such a name.
    (r"[0-9a-f]{2}00(04004|0100|0200)", "lengths around an automatic chain name"),
)


def only_scrubbed(case, line):
    """True where both sides of a difference are equal but for what SCRUBBED lists."""
    sides = re.findall(r"\n    (?:kernel|nicemu) (.*)", line)
    if len(sides) != 2:
        return False
    rules = SCRUBBED if "bound" in case["name"] or "random" in case["name"] else SCRUBBED[:1]
    for pattern, _ in rules:
        sides = [re.sub(pattern, "*", side) for side in sides]
    return sides[0] == sides[1]


class NftOracle(unittest.TestCase):
    def test_answers_are_the_running_kernels(self):
        self.compare(list(nft_cases.all_cases()))

    def test_random_batches_are_answered_alike(self):
        seed = int(os.environ.get("NICEMU_SEED", "1"))
        print("seed %d" % seed, file=sys.stderr)
        self.compare(list(nft_cases.at_random(seed, 60)))

    def compare(self, cases):
        oracle.check(self, cases, allowed=only_scrubbed)
        print("%d cases" % len(cases), file=sys.stderr)


if __name__ == "__main__":
    reason = oracle.kernel_reason()
    if reason:
        skip_suite(reason)
    if oracle.kernel_release() != "6.18":
        skip_suite("the cases are known for kernel 6.18, this one is " + oracle.kernel_release())
    unittest.main()
