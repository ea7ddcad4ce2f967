# SPDX-License-Identifier: GPL-2.0-or-later
"""Concatenated intervals that overlap, kernel by kernel.

CASES are what 5.10.262, 6.1.192, 6.12.117, 7.2.13 (in virtual machines) and 6.18.44 answered when a second element was added to a
set with one: older kernels compare only the first register of two keys (four bytes) to tell the same element from one
that overlaps it, and leave the second out without a word where these are alike.
"""
import shutil
import unittest

from nicemu import nicemu, skip_suite

OLD, NEW = ("5.10.262", "6.1.192", "6.12.65", "6.18.5"), ("6.12.117", "6.18.44", "7.2.13", "ideal")
BOTH, ONE, REFUSED = "both are in", "the first is in", "File exists"
PORTS, MACS, V6 = "ipv4_addr . inet_service", "ether_addr . inet_service", "ipv6_addr . inet_service"
# name: the set's type, its element, the one that is added; what old kernels say, what new ones say
CASES = {
    "the same": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 20-30", ONE, ONE),
    "contained": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 25", ONE, REFUSED),
    "begins inside": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 25-40", ONE, REFUSED),
    "ends inside": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 10-25", REFUSED, REFUSED),
    "contains": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 10-40", BOTH, BOTH),
    "beside": (PORTS, "1.0.0.1 . 20-30", "1.0.0.1 . 31-40", BOTH, BOTH),
    "a range first, alike": (PORTS, "1.0.0.1-1.0.0.9 . 20-30", "1.0.0.1-1.0.0.9 . 25-40", ONE, REFUSED),
    "a range first, another end": (PORTS, "1.0.0.1-1.0.0.9 . 20-30", "1.0.0.1 . 25", REFUSED, REFUSED),
    "a short field first": ("inet_service . ipv4_addr", "20-30 . 1.0.0.1", "20 . 1.0.0.1", REFUSED, REFUSED),
    "a long field, alike in four bytes": (MACS, "02:00:00:00:00:01-02:00:00:00:00:09 . 80", "02:00:00:00:00:03 . 80", ONE, REFUSED),
    "a longer one": (V6, "fe80::1-fe80::9 . 80", "fe80::3 . 80-90", ONE, REFUSED),
    "a longer one, another end": (V6, "fe80:1::1-fe80:9::9 . 80", "fe80:1::3 . 80-90", REFUSED, REFUSED),
}


def answers(kernel, steps):
    """What each case's steps (a shell function of TYPE FIRST SECOND) leave, in one emulator."""
    script = """PATH=$PATH:/usr/sbin
    s() { nft add table netdev t; nft "add set netdev t s { type $1; flags interval; }"; }
    e() { echo "$1 element netdev t s { $2 }"; }
    told() { if said=$("$@" 2>&1); then nft list set netdev t s | tr ',' '\\n' | grep -c ' [.] .*[0-9]'; else echo $said; fi; }
    """ + steps + "\n"
    for kind, first, second, _, _ in CASES.values():
        script += "s '%s'; steps '%s' '%s'; nft flush ruleset; echo END\n" % (kind, first, second)
    done = nicemu("exec", "-k", kernel, "--", "sh", "-c", script)
    parts = done.stdout.split("END\n")[:-1]
    if done.returncode or len(parts) != len(CASES):
        raise AssertionError(done.stdout + done.stderr)
    return dict(zip(CASES, (REFUSED if REFUSED in part else {"1": ONE, "2": BOTH}.get(part.strip(), part) for part in parts)))


class Overlaps(unittest.TestCase):
    def compare(self, steps, wanted=lambda answer: answer):
        for kernels, column in ((OLD, 3), (NEW, 4)):
            for kernel in kernels:
                with self.subTest(kernel):
                    self.assertEqual(answers(kernel, steps), {name: wanted(case[column]) for name, case in CASES.items()})

    def test_of_one_transaction_are_answered_as_by_that_kernel(self):
        self.compare('both() { { e add "$1"; e add "$2"; } | nft -f -; }; steps() { told both "$@"; }')

    def test_of_a_later_transaction_are_answered_as_by_that_kernel(self):
        self.compare('steps() { e add "$1" | nft -f -; told nft "$(e add "$2")"; }')

    def test_create_never_leaves_one_out(self):
        self.compare('steps() { e add "$1" | nft -f -; told nft "$(e create "$2")"; }',
                     lambda answer: REFUSED if answer == ONE else answer)

    def test_a_map_s_element_with_other_data_is_never_left_out(self):
        for kernel, same in (("6.1.192", 0), ("6.12.117", 1)):
            for verdict, status in (("drop", same), ("accept", 1)):
                done = nicemu("exec", "-k", kernel, "--", "nft", "add table netdev t; add map netdev t m { type %s : verdict; "
                              "flags interval; }; add element netdev t m { 1.0.0.1 . 20-30 : drop }; "
                              "add element netdev t m { 1.0.0.1 . 25 : %s }" % (PORTS, verdict))
                with self.subTest(kernel=kernel, verdict=verdict):
                    self.assertEqual(done.returncode, status, done.stderr)

    def test_of_an_anonymous_set_are_answered_as_by_that_kernel(self):
        rule = "add table netdev t; add chain netdev t c; add rule netdev t c ip ttl . ip protocol { 32 . 127-255, 32 . 186 }"
        for kernel, status in [(old, 0) for old in OLD] + [(new, 1) for new in NEW]:
            with self.subTest(kernel):
                done = nicemu("exec", "-k", kernel, "--", "nft", rule)
                self.assertEqual(done.returncode, status, done.stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path="/usr/sbin:/usr/bin"):
        skip_suite("nft is not installed")
    unittest.main()
