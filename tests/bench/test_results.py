# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of results: a goal is met or missed by its figure, and what is not measured says so."""
import contextlib
import io
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

import bench
import plot
import results
import rows
import tools

CIRCUMSTANCES = {"date": "", "commit": "", "processor": "", "cores": 2, "quick": False, "memory": 1e9, "kernel": "",
                 "compiler": "", "dpdk": "", "nft": "", "libpcap": "", "avx512": False}


def engine(name, speed, size=1000):
    return {"engine": name, "lookups_per_second": speed, "slowest": speed, "fastest": speed,
            "bytes": size, "table_bytes": size // 2, "build_seconds": 1}


def record(kind, rules, ours, theirs, traffic="cold", **more):
    found = {"kind": kind, "rules": rules, "traffic": traffic, "packets": 10, "differences": 0,
             "engines": [engine("nicemu", ours, 100), engine("nicemu-cache", ours),
                         engine("rte_acl", theirs)]}
    found.update(more)
    return found


def goal(rows, words):
    lines = [line for line in results.goal_lines(rows) if words in line[0]]
    if len(lines) != 1:
        raise AssertionError("%d goals with '%s'" % (len(lines), words))
    return lines[0][2:]


class Goals(unittest.TestCase):
    def test_the_geometric_mean_is_of_the_ratios(self):
        rows = {"lookup": [record("acl", 1000, 8e6, 1e6), record("fw", 1000, 2e6, 1e6)]}
        self.assertEqual(goal(rows, "masked sets"), ("4.00×", "met"))

    def test_a_figure_below_its_goal_is_missed(self):
        rows = {"lookup": [record("acl", 1000, 2e6, 1e6)]}
        self.assertEqual(goal(rows, "masked sets"), ("2.00×", "**missed**"))

    def test_the_worst_set_counts_acl1(self):
        rows = {"lookup": [record("acl", 1000, 8e6, 1e6), record("acl1", 10000, 9e5, 1e6)]}
        self.assertEqual(goal(rows, "the worst of these"), ("0.90×", "**missed**"))
        self.assertEqual(goal(rows, "masked sets"), ("8.00×", "met"))

    def test_memory_is_met_when_it_is_small(self):
        rows = {"lookup": [record("acl", 100000, 1e6, 1e6)]}
        self.assertEqual(goal(rows, "memory of the table"), ("0.10×", "met"))
        self.assertEqual(goal(rows, "kept a rule besides"), ("0.10×", "met"))

    def test_what_is_not_measured_is_neither_met_nor_missed(self):
        for line in results.goal_lines({}):
            with self.subTest(line[0]):
                self.assertEqual(line[3], "–")

    def test_two_threads_are_held_to_two_processes(self):
        rates = {name: {"median": value, "min": value, "max": value}
                 for name, value in (("one", 10e6), ("jobs", 18e6), ("two", 19e6))}
        rows = {"jobs": [{"rules": 10000, "rates": rates}]}
        self.assertEqual(goal(rows, "two threads"), ("94.7 %", "**missed**"))

    def test_skipped_rows_have_their_reason_on_the_page(self):
        page = results.markdown({"circumstances": CIRCUMSTANCES, "rows": {}, "skipped": {"hash": "no DPDK"}, "wrong": {}})
        self.assertIn("Skipped: no DPDK", page)


class Rows(unittest.TestCase):
    def test_processor_time_of_what_was_run_counts_and_that_of_its_children(self):
        """As in loading, where the emulator is a child of the command."""
        before = rows.children_seconds()
        busy = "import time\nwhile time.process_time() < 0.2: pass"
        tools.run("sh", "-c", "'%s' -c '%s'; true" % (sys.executable, busy))
        self.assertGreaterEqual(rows.children_seconds() - before, 0.2)

    def test_loading_tells_nicemus_own_time(self):
        found = {name: {"median": value} for name, value in (("whole", 4), ("nft", 2.5), ("beyond", 1.5), ("nicemu", 1.25))}
        self.assertIn("| 10 | 4.00 | 2.50 | 1.50 | 1.25 |", results.loading_text([{"rules": 10, "seconds": found}]))


class Disagreement(unittest.TestCase):
    """Engines that do not agree are no row that is skipped."""

    def ended(self, status, errors=""):
        done = subprocess.CompletedProcess((), status, "{}", errors)
        return unittest.mock.patch.multiple(tools, run=lambda *words, **more: done, built=lambda name: True)

    def test_it_is_told_apart_from_what_can_not_be_measured(self):
        for call in (lambda: rows.peers("lookup"), lambda: rows.bench("update")):
            with self.ended(1, "different"), self.assertRaisesRegex(rows.Wrong, "different"):
                call()
            with self.ended(4, "no memory"), self.assertRaisesRegex(rows.Skip, "no memory"):
                call()
            with self.ended(0):
                self.assertEqual(call(), {})

    def test_it_is_on_the_page(self):
        page = results.markdown({"circumstances": CIRCUMSTANCES, "rows": {}, "skipped": {}, "wrong": {"hash": "two answers"}})
        self.assertIn("**Wrong**: two answers", page)

    def test_it_is_the_exit_status(self):
        def wrong(plan):
            raise rows.Wrong("two answers")

        def skipped(plan):
            raise rows.Skip("not here")

        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()), \
                contextlib.redirect_stderr(io.StringIO()), \
                unittest.mock.patch.object(tools, "BUILD", folder), \
                unittest.mock.patch.object(bench, "circumstances", lambda quick: CIRCUMSTANCES):
            for row, status in ((wrong, 1), (skipped, 0)):
                with unittest.mock.patch.dict(rows.ROWS, hash=row), \
                        unittest.mock.patch.object(sys, "argv", ["bench.py", "--quick", "hash"]):
                    self.assertEqual(bench.main(), status)


class Plot(unittest.TestCase):
    def test_every_point_is_inside_the_picture(self):
        records = [record("acl", rules, 2e7 / rules ** 0.2, 1e8 / rules ** 0.5) for rules in (100, 1000, 1000000)]
        picture = xml.etree.ElementTree.fromstring(plot.svg(records))
        circles = list(picture.iter("{http://www.w3.org/2000/svg}circle"))
        self.assertEqual(len(circles), 2 * 2 * 3, "two panels, two engines, three sizes")
        for circle in circles:
            self.assertTrue(0 < float(circle.get("cx")) < plot.WIDTH)
            self.assertTrue(plot.TOP <= float(circle.get("cy")) <= plot.BOTTOM)


if __name__ == "__main__":
    unittest.main()
