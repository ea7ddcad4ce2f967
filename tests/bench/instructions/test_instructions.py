# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per packet of every stage of the packet path, counted by callgrind, against expected.txt.

Not a time: the same code over the same packets executes the same instructions, whatever else the
machine does, so a regression of a few percent shows. A change that is meant is written down with

    ctest --test-dir build -R '^bench_instructions$'                        (shows what differs)
    tests/bench/instructions/rewrite [BUILD-FOLDER]                         (writes expected.txt)

and expected.txt is committed together with the change. First line: compiler and flags the numbers are
of; with others the test is skipped. Rows named avx2 or tuples are left out where the machine (or
valgrind) has no AVX2. Look-ups prefetch, so the counts say nothing of memory: scripts/bench does."""
import glob
import os
import re
import shutil
import sys
import tempfile
import unittest

from nicemu import BUILD, run, skip_suite

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "expected.txt")
PROGRAM = os.path.join(BUILD, "tests", "bench", "instructions", "bench_instructions")
COMPILER = os.environ.get("NICEMU_COMPILER", "")
TOLERANCE = 0.03
STAGES = ("stage_read", "stage_dissect", "stage_lookup", "stage_pump", "stage_replay")


def count():
    """{row: instructions per packet}."""
    with tempfile.TemporaryDirectory(prefix="nicemu-callgrind-") as folder:
        done = run("valgrind", "--tool=callgrind", "--toggle-collect=stage_*", *("--dump-after=" + stage for stage in STAGES),
                   "--callgrind-out-file=" + os.path.join(folder, "out"), PROGRAM, timeout=500)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-3000:])
        # One file a call, in order; the last, out without a number, has what came after.
        dumps = sorted(glob.glob(os.path.join(folder, "out.*")), key=lambda path: int(path.rsplit(".", 1)[1]))
        totals = []
        for path in dumps:
            with open(path, encoding="utf-8") as file:
                totals.append(int(re.search(r"^totals: (\d+)", file.read(), re.MULTILINE).group(1)))
    rows = [line.split() for line in done.stdout.splitlines()]
    if len(rows) != len(totals):
        raise RuntimeError("%d stages, %d counts" % (len(rows), len(totals)))
    return {name: total / int(packets) for (name, packets), total in zip(rows, totals) if name != "-"}


def read_expected():
    """The compiler, {row: instructions per packet}."""
    with open(EXPECTED, encoding="utf-8") as file:
        compiler, *lines = file.read().splitlines()
    return compiler, {line.split()[0]: float(line.split()[1]) for line in lines if line}


def rewrite():
    with open(EXPECTED, "w", encoding="utf-8") as file:
        file.write(COMPILER + "\n")
        for name, instructions in count().items():
            file.write("%-40s %8.1f\n" % (name, instructions))


def needs_avx2(name):
    return "/avx2/" in name or "/tuples/" in name


def why_not():
    if not shutil.which("valgrind"):
        return "needs valgrind"
    if os.environ.get("NICEMU_CLEAN_MACHINE"):
        return "counted on the machine outside (NICEMU_CLEAN_MACHINE)"
    if COMPILER != read_expected()[0]:
        return "the numbers are of '%s', this is '%s'" % (read_expected()[0], COMPILER)
    return None


class Instructions(unittest.TestCase):
    maxDiff = None

    def test_no_stage_needs_more_or_fewer_instructions_than_was_written_down(self):
        expected, counted = read_expected()[1], count()
        if not any(map(needs_avx2, counted)):
            expected = {name: value for name, value in expected.items() if not needs_avx2(name)}
        self.assertEqual(sorted(counted), sorted(expected), "other stages; rewrite expected.txt")
        other = ["%s: %.1f, was %.1f (%+.1f %%)" % (name, value, expected[name], 100 * (value / expected[name] - 1))
                 for name, value in counted.items() if abs(value / expected[name] - 1) > TOLERANCE]
        self.assertEqual(other, [], "if that is meant: tests/bench/instructions/rewrite")


if __name__ == "__main__":
    if sys.argv[1:] == ["--rewrite"]:
        rewrite()
        sys.exit(0)
    reason = why_not()
    if reason:
        skip_suite(reason)
    unittest.main()
