# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison with kernels in guests, without a virtual machine: a planted difference of each kind is found."""
import copy
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = os.path.join(HERE, "..", "..", "system")
sys.path[:0] = [HERE, SYSTEM]

import cases
import guest_python
import known
import oracle
from nicemu import NICEMU

ACCEPT = "seed 1, kernel 6.1.192: 1536 rules, 612 accepted, 924 refused, %d different, %d excluded\n  EINVAL 3\nstatus %d\n"


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = runpy.run_path(os.path.join(HERE, "run"), run_name="suite")
        cls.cases = [case for case in cases.chosen(False) if case["name"] in ("loop", "raw: no names", "offload rules")]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as nic:
            nic.write(cases.NIC)
            nic.flush()
            cls.answers = oracle.run_cases([NICEMU, "exec", "-q", "-n", nic.name, "-k", "6.12", "--"], cls.cases)

    def judge_cases(self, kernel):
        totals = self.suite["Totals"]()
        totals.shown = 1000  # says nothing
        self.suite["judge_cases"](self.cases, kernel, self.answers, totals, "6.12.107")
        return totals

    def judge_program(self, text):
        totals = self.suite["Totals"]()
        totals.shown = 1000
        self.suite["judge_program"]("accept-5", text, totals)
        return totals

    def test_equal_answers_are_no_difference(self):
        totals = self.judge_cases(copy.deepcopy(self.answers))
        self.assertEqual((totals.strange, totals.failed, totals.passed), (0, 0, 3))
        self.assertEqual(totals.compared, sum(len(case["steps"]) for case in self.cases))

    def test_another_errno_a_missing_event_and_a_missing_case_are_found(self):
        for number, case in enumerate(self.cases):
            kernel = copy.deepcopy(self.answers)
            if "stderr" in kernel[number][0]:
                kernel[number][0]["stderr"] += "File exists"
            else:
                kernel[number][0]["replies"][0]["error"] = "EXDEV"
            self.assertEqual(self.judge_cases(kernel).failed, 1, case["name"])
            kernel[number] = None
            self.assertEqual(self.judge_cases(kernel).failed, 1, case["name"])

    def test_an_oracle_that_differs_fails_or_says_nothing_is_found(self):
        good = self.judge_program(ACCEPT % (0, 0, 0))
        self.assertEqual((good.compared, good.strange, good.failed, good.passed), (1536, 0, 0, 1))
        self.assertEqual(self.judge_program(ACCEPT % (3, 0, 1)).strange, 3)
        for text in (ACCEPT % (3, 0, 1), ACCEPT % (0, 0, 124), "", "SKIP: no\nstatus 77\n"):
            self.assertEqual(self.judge_program(text).failed, 1, text)

    def test_a_row_that_answers_otherwise_or_not_at_all_is_found(self):
        ours = "table_owner: \nbitwise_shift: 3:EINVAL@40\nexthdr_dccp: \n"
        for kernel, passed, failed, named in ((ours, 3, 0, 0), (ours.replace("EINVAL", "ERANGE"), 2, 1, 0), ("", 0, 3, 0),
                                              (ours.replace("dccp: ", "dccp: 3:EOPNOTSUPP@40"), 2, 0, 1)):
            totals = self.suite["Totals"]()
            totals.shown = 1000
            self.suite["judge_rows"](kernel, ours, totals)
            self.assertEqual((totals.passed, totals.failed, sum(totals.left_out.values())), (passed, failed, named), kernel)

    def test_what_a_kernel_lacks_is_left_out_by_name_and_not_compared(self):
        totals = self.judge_program("EXCLUDED: reject: kernel ENOENT, nicemu 0\n" * 2 + ACCEPT % (0, 5, 0))
        self.assertEqual((totals.left_out["lacks reject"], totals.left_out["lacks others"]), (2, 3))
        self.assertEqual((totals.compared, sum(totals.named.values())), (1536 - 5, 0))

    def test_only_the_owner_of_a_table_may_be_another(self):
        def event(owner, use=0):
            body = oracle.attr(1, "t") + oracle.attr(3, use) + oracle.attr(7, owner)
            return [[{"events": [{"type": "NEWTABLE", "attributes": body.hex()}]}]]

        case = [{"name": "x", "steps": [{}]}]
        self.assertEqual(list(cases.compare(case, event(5), event(6))), [])
        self.assertEqual(len(list(cases.compare(case, event(5), event(5, 1)))), 1)

    def test_known_differences_are_told_by_case_and_place(self):
        place = "[19]/replies[0]/error:"
        self.assertEqual(known.name_of("raw: unknown messages", place, "6.1.192"), "getsetelem-order")
        self.assertIsNone(known.name_of("raw: unknown messages", place, "6.12.95"))
        self.assertIsNone(known.name_of("raw: unknown messages", "[18]/replies[0]/error:", "6.1.192"))
        self.assertIsNone(known.name_of("loop", place, "6.1.192"))

    def test_the_guests_python_is_whole(self):
        home = tempfile.mkdtemp(prefix="nicemu-acceptance-test-")
        self.addCleanup(shutil.rmtree, home)
        programs = guest_python.put_python(home, ["oracle"], SYSTEM)
        done = subprocess.run([programs[0], "-B", os.path.join(home, "oracle.py"), "--driver"], input="", text=True,
                              env={"PYTHONHOME": home}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        listed = subprocess.run([programs[0], "-B", "-c", "import oracle, sys; print(*[m.__file__ for m in "
                                 "list(sys.modules.values()) if getattr(m, '__file__', None)], sep='\\n')"], text=True,
                                cwd=home, env={"PYTHONHOME": home, "PYTHONPATH": home}, stdout=subprocess.PIPE, timeout=60)
        self.assertTrue(all(path.startswith(home) for path in listed.stdout.split()), listed.stdout)


if __name__ == "__main__":
    unittest.main()
