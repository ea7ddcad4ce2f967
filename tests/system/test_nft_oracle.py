# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables, chains and rules: every answer, notification, dump and print as the running kernel's."""
import os
import re
import sys
import unittest

import nft_cases
import oracle
from nicemu import skip_suite

# What may differ inside an attribute dump, and why.
NFTA_TABLE_OWNER = 7    # the client's port id
AUTOMATIC = b"__chain"  # automatic chain names count per host, not per namespace


def tree(data):
    """Attributes as nested tuples without lengths; automatic chain names without their number."""
    nested = list(oracle.attributes(data))
    if not nested or sum((len(value) + 7) & ~3 for _, value in nested) != len(data):
        return AUTOMATIC if data.startswith(AUTOMATIC) else data
    return tuple((kind, tree(value)) for kind, value in nested
                 if not (kind == NFTA_TABLE_OWNER and len(value) == 4))


def only_names_differ(case, line):
    """True where both sides of a difference are equal but for what is listed above."""
    sides = re.findall(r'\n    (?:kernel|nicemu) "((?:[0-9a-f]{2})*)"(?=\n|$)', line)
    return len(sides) == 2 and tree(bytes.fromhex(sides[0])) == tree(bytes.fromhex(sides[1]))


class NftOracle(unittest.TestCase):
    def test_answers_are_the_running_kernels(self):
        self.compare(list(nft_cases.all_cases()))

    def test_random_batches_are_answered_alike(self):
        seed = int(os.environ.get("NICEMU_SEED", "1"))
        print("seed %d" % seed, file=sys.stderr)
        self.compare(list(nft_cases.at_random(seed, 60)))

    def compare(self, cases):
        oracle.check(self, cases, allowed=only_names_differ)
        print("%d cases" % len(cases), file=sys.stderr)


if __name__ == "__main__":
    reason = oracle.kernel_reason()
    if reason:
        skip_suite(reason)
    if oracle.kernel_release() != "6.18":
        skip_suite("the cases are known for kernel 6.18, this one is " + oracle.kernel_release())
    unittest.main()
