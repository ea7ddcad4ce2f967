# SPDX-License-Identifier: GPL-2.0-or-later
"""What drivers are handed for the rules of rules/, under several kernels, as text that was read.

driver/NAME.txt has, for each rule of rules/NAME.nft, a block for each different answer, headed by the kernels that
give it. So a change of the translation shows as a difference. To write them anew, then read the difference:

    NICEMU_BUILD=BUILD python3 tests/system/test_driver_samples.py --write

Rules are loaded one by one, without their counters (which kernels before 5.13 refuse, and which change nothing else).
Handles and cookies, which depend on what else was loaded, are left out.
"""
import difflib
import glob
import os
import re
import shutil
import sys
import tempfile
import unittest

from nicemu import NICEMU, RULES, nicemu, skip_suite

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "driver")
# Releases beside which something changed: VLAN keys (5.10.37), the masks of short loads (6.12.103).
KERNELS = ("5.4.300", "5.10.30", "5.10.262", "5.15.216", "6.1.192", "6.12.95", "6.12.107", "6.18.44", "7.2.13")
LOAD = """
nft -f "$1" || exit 9
while IFS= read -r rule; do
    error=$(nft add rule netdev filter ingress "$rule" 2>&1) && echo ok || echo "$error" | head -n 1
done <"$2"
echo
"$0" show rules --driver
"""


def samples():
    return sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(RULES, "*.nft")))


def read_sample(name):
    """(the file without its rules, its rules without counter and comment)"""
    head, rules = [], []
    with open(os.path.join(RULES, name + ".nft")) as f:
        for line in f.read().splitlines():
            statement = line.strip()
            if line.startswith("\t\t") and not statement.startswith("type "):
                statement = re.sub(r' comment ".*"$', "", statement)
                rules.append(statement.replace(" counter", ""))
            else:
                head.append(line)
    return "\n".join(head) + "\n", rules


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def answers(folder, name, kernel):
    """What this kernel does with each rule: a refusal, or its blocks (one a port)."""
    head, rules = read_sample(name)
    done = nicemu("exec", "-k", kernel, "--", "sh", "-c", LOAD, NICEMU, write(folder, "head.nft", head),
                  write(folder, "rules", "".join(rule + "\n" for rule in rules)))
    if done.returncode == 9:
        error = next(line for line in done.stderr.splitlines() if ": Error: " in line)
        return ["the chain is refused: " + error.rpartition(": ")[2]] * len(rules)
    results, *blocks = done.stdout.rstrip("\n").split("\n\n")
    results = results.splitlines()
    assert len(results) == len(rules) and done.returncode == 0, done.stdout + done.stderr
    by_handle = {}
    for block in blocks[1:]:
        match = re.match(r"(REPLACE \S+): netdev filter ingress handle (\d+): .*\n  cookie \S+ ", block)
        if match:
            by_handle.setdefault(int(match.group(2)), []).append(
                "%s\n  %s" % (match.group(1), block[match.end():]))
    handed = iter(by_handle[handle] for handle in sorted(by_handle))
    texts = ["\n".join(next(handed)) if result == "ok" else "refused: " + result.rpartition(": ")[2]
             for result in results]
    assert next(handed, None) is None, "more rules than were accepted: " + done.stdout
    return texts


def translation(name):
    """The text for driver/NAME.txt."""
    with tempfile.TemporaryDirectory() as folder:
        by_kernel = {kernel: answers(folder, name, kernel) for kernel in KERNELS}
    parts = ["# rules/%s.nft as drivers get it.\n" % name]
    for i, rule in enumerate(read_sample(name)[1]):
        kernels = {}
        for kernel in KERNELS:
            kernels.setdefault(by_kernel[kernel][i], []).append(kernel)
        parts.append("\n%s\n" % rule)
        parts += ["[%s]\n%s\n" % (" ".join(some), text) for text, some in kernels.items()]
    return "".join(parts)


class Translations(unittest.TestCase):
    maxDiff = None

    def test_every_sample_is_handed_over_as_it_was_read(self):
        for name in samples():
            with self.subTest(name):
                with open(os.path.join(GOLDEN, name + ".txt")) as f:
                    expected = f.read()
                got = translation(name)
                self.assertTrue(expected == got, "".join(difflib.unified_diff(
                    expected.splitlines(True), got.splitlines(True), "driver/%s.txt" % name, "now")))

    def test_no_text_is_left_of_a_sample_that_is_gone(self):
        self.assertEqual(sorted(os.listdir(GOLDEN)), [name + ".txt" for name in samples()])


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    if sys.argv[1:] == ["--write"]:
        os.makedirs(GOLDEN, exist_ok=True)
        for sample in samples():
            write(GOLDEN, sample + ".txt", translation(sample))
    else:
        unittest.main()
