# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets, maps, elements and stateful objects against the running kernel: acks, events, dumps, nft's output.

NICEMU_SEED chooses the random cases (printed when one fails); NICEMU_EVERY=1 runs every hand-made
case instead of a part of the largest groups.
"""
import json
import os
import unittest

import dynamic_cases
import oracle
import set_cases
from nicemu import skip_suite
from set_cases import MAP, attr, batch, case, new_set, table

SEED = int(os.environ.get("NICEMU_SEED", "1"))
EVERY = int(os.environ.get("NICEMU_EVERY", "6"))
RANDOM_CASES = 100

# Named differences from the kernel: (how the case's name ends, why).
NOT_YET = [
    ("elements with a timeout", "nothing expires: EOPNOTSUPP"),
    ("elements with a set's timeout", "nothing expires: EOPNOTSUPP"),
    ("huge size", "a kernel that is out of memory answers once, for the batch's first message"),
]

GROUPS = dict(set_cases.GROUPS, rules_that_change_sets=dynamic_cases.CASES)


class Sets(unittest.TestCase):
    def check(self, cases):
        wanted = [c for c in cases if not any(c["name"].endswith(words) for words, _ in NOT_YET)]
        oracle.check(self, wanted)

    def test_random_operations_with_collisions_end_alike(self):
        self.check([set_cases.random_case(seed) for seed in range(SEED, SEED + RANDOM_CASES)])

    def test_the_same_sets_share_a_backend(self):
        sizes = [1, 2, 3, 5, 6, 7, 8, 12, 13, 24, 25, 48, 96, 400, 408, 409, 1000]
        cases = [case("%d bytes, %d elements, flags %d" % (klen, size, flags),
                      batch(table(), new_set(attr(8, 1), attr(9, [attr(1, size)]), *map_, klen=klen, flags=flags)))
                 for klen in (1, 2, 4, 8) for flags, map_ in ((0, []), (MAP, [attr(6, 7), attr(7, 4)])) for size in sizes]
        pairs = set()
        for one, kernel, ours in zip(cases, oracle.on_kernel(cases), oracle.on_nicemu(cases)):
            pairs.add(tuple(result[1]["GETSET"][0]["set_backend"] for result in (kernel, ours)))
        self.assertEqual(len(pairs), len({kernel for kernel, _ in pairs}), pairs)
        self.assertEqual(len(pairs), len({ours for _, ours in pairs}), pairs)
        self.assertGreater(len(pairs), 3)

    def test_what_differs_on_purpose_still_differs(self):
        """An entry of NOT_YET that has become untrue must go."""
        cases = [c for group in GROUPS.values() for c in group
                 if any(c["name"].endswith(words) for words, _ in NOT_YET)]
        for one, kernel, ours in zip(cases, oracle.on_kernel(cases), oracle.on_nicemu(cases)):
            with self.subTest(one["name"]):
                self.assertTrue(oracle.differences(kernel, ours), json.dumps(one))


def group_test(name, cases):
    step = EVERY if len(cases) > 200 else 1

    def test(self):
        self.check(cases[SEED % step::step])
    test.__name__ = "test_%s_are_answered_as_by_the_kernel" % name
    return test


for group_name, group_cases in GROUPS.items():
    group = group_test(group_name, group_cases)
    setattr(Sets, group.__name__, group)

if __name__ == "__main__":
    reason = oracle.kernel_reason()
    if reason:
        skip_suite(reason)
    if oracle.kernel_release() != "6.18":
        skip_suite("the running kernel is %s, the answers compared are 6.18's" % os.uname().release)
    unittest.main()
