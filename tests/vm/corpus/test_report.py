# SPDX-License-Identifier: GPL-2.0-or-later
"""The report in emu/kernel/README.md: what suites said becomes results, results become the report; it is not stale."""
import contextlib
import io
import os
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")]

import report

LOG = """something
known a bug of rollback: 3
bug: not short_load_masks_fixed: 12 rules (39e88f28fb32; observed)
tests passed 30, failed 1
compared 1500 differ 15 known 15
"""


class Report(unittest.TestCase):
    def run_it(self, *words):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = report.main(list(words))
        return status, out.getvalue()

    def test_the_report_is_what_the_results_come_to(self):
        status, said = self.run_it("stale")
        self.assertEqual(status, 0, said)

    def test_a_suites_output_becomes_lines(self):
        self.assertEqual(report.result("6.1.192", [("robust", "tests passed 9, failed 0\n"), ("corpus", LOG)]),
                         "kernel 6.1.192\ncorpus: compared 1500 differ 15 known 15\n"
                         "corpus: known a bug of rollback: 3\ncorpus: known short_load_masks_fixed: 12\n")

    def test_suites_whose_outputs_are_not_given_keep_their_lines(self):
        before = report.result("6.1.192", [("acceptance", LOG), ("corpus", LOG)])
        after = report.result("6.1.192", [("corpus", LOG.replace("1500", "2000").replace("known a bug of rollback: 3\n", ""))], before)
        self.assertEqual(after, "kernel 6.1.192\n" + "".join(line for line in before.splitlines(True) if line.startswith("acceptance")) +
                         "corpus: compared 2000 differ 15 known 15\ncorpus: known short_load_masks_fixed: 12\n")

    def test_what_is_left_out_is_no_kernel_bug(self):
        text = report.result("6.1.192", [("acceptance", LOG + "left out lacks reject: 4\n")])
        self.assertIn("acceptance: left out lacks reject: 4\n", text)
        lines = report.report([report.parse(text)])
        self.assertEqual([lines.index("| lacks reject | 4 |") > lines.index("| a bug of rollback | 3 |"), "| 6.1.192 | 1500 | 15 | 15 |" in lines], [True, True])

    def test_an_output_without_results_is_an_error(self):
        with self.assertRaisesRegex(report.Unreadable, "no log"):
            report.result("6.1.192", [("corpus", "Killed\n")])

    def test_results_of_several_suites_are_summed(self):
        text = report.result("6.1.192", [("corpus", LOG), ("raw", LOG.replace("1500", "2000"))])
        lines = report.report([report.parse(text)])
        self.assertIn("| 6.1.192 | 3500 | 30 | 30 |", lines)
        self.assertIn("| 6.1.192 | 1500 | 2000 |", lines)
        self.assertIn("| `short_load_masks_fixed` | 24 |", lines)
        self.assertIn("| a bug of rollback | 6 |", lines)

    def test_what_was_not_run_is_said(self):
        found = [report.parse(report.result(kernel, [(suite, LOG) for suite in report.SUITES if suite != "acceptance"]))
                 for kernel in report.KERNELS]
        rest = report.left_out(found)
        self.assertEqual(rest[0], "Not run: `acceptance` on %s." % ", ".join(report.KERNELS))
        del found[1]["compared"]["corpus"]
        self.assertIn("; `corpus` on %s." % found[1]["kernel"], report.left_out(found)[0])
        self.assertIn("; `packets` on %s." % report.KERNELS[-1], report.left_out(found[:-1])[0])
        for one in found:
            one["compared"] = {suite: (1, 0, 0) for suite in report.SUITES}
        self.assertEqual([line for line in report.left_out(found) if line.startswith("Not run")], [])
        self.assertTrue(set(report.left_out(found)) < set(report.report(found)))

    def test_a_malformed_result_is_told_with_its_line(self):
        with self.assertRaisesRegex(report.Unreadable, "line 2"):
            report.parse("kernel 6.1.192\ncorpus: 5\n")
        with self.assertRaisesRegex(report.Unreadable, "begin"):
            report.parse("")

    def test_only_what_is_between_the_markers_changes(self):
        text = "before\n%s\nold\n%s\nafter\n" % (report.BEGIN, report.END)
        self.assertEqual(report.with_report(text, [report.BEGIN, "new", report.END]),
                         "before\n%s\nnew\n%s\nafter\n" % (report.BEGIN, report.END))
        with self.assertRaises(report.Unreadable):
            report.with_report("no markers", [])

    def test_a_difference_is_shown(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertTrue(report.differs("a\nb\n", "a\nc\n", "x"))
            self.assertFalse(report.differs("a\n", "a\n", "x"))
        self.assertIn("-b\n+c\n", out.getvalue())

    def test_wrong_words_are_a_usage_error(self):
        for words in ([], ["check"], ["check", "6.1", "x"], ["generate", "x"]):
            self.assertEqual(self.run_it(*words)[0], 2, words)

    def test_a_kernel_without_a_kept_result_is_said(self):
        log = os.path.join(report.RESULTS, "..", "corpus", "corpus.py")
        with self.assertRaises(report.Unreadable):
            self.run_it("check", "1.2.3", log)
        status, said = self.run_it("check", "1.2.3", *[])
        self.assertEqual(status, 2, said)


if __name__ == "__main__":
    unittest.main()
