# SPDX-License-Identifier: GPL-2.0-or-later
"""Each id that a reason can have: it is listed, and something causes it."""
import glob
import json
import os
import re
import shutil
import tempfile
import unittest

import reason_cases
from nicemu import RULES, SOURCE, nicemu, skip_suite, write_temporary
from replay_support import pcap

# Where ids are in the code: the second argument of a refusing function, or a row of a table of texts.
CALL = re.compile(r'\b(?:reason_set|offload_refuse|nft_unsupported|refuse\w*|not_\w+)\(\s*[^;"]*?"([a-z0-9]+(?:-[a-z0-9]+)*)"')
ROWS = {"emu/translate/refusal.c": re.compile(r'\{(?:"\w+"|NULL), (?:E[A-Z]+, )?"([a-z-]+)",'),
        "emu/control/nft/chain_refusal.c": re.compile(r'\{E[A-Z]+, "([a-z-]+)",')}


def in_the_code():
    found = {}
    for folder in ("base", "translate", "control", "offload", "asic"):
        for file in glob.glob(os.path.join(SOURCE, "emu", folder, "**", "*.c"), recursive=True):
            name = os.path.relpath(file, SOURCE)
            with open(file) as f:
                text = f.read()
            for match in list(CALL.finditer(text)) + list(ROWS[name].finditer(text) if name in ROWS else ()):
                found.setdefault(match[1], name)
    return found


def listed():
    done = nicemu("show", "reasons", "-j")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["reasons"]


class Ids(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rows = listed()
        cls.reasons = {r["id"]: r for r in rows}
        cls.twice = len(rows) - len(cls.reasons)
        cls.own = {name for name, r in cls.reasons.items() if not r["model"] and r["layer"] != "lint"}

    def test_every_id_in_the_code_is_listed(self):
        found = in_the_code()
        self.assertGreater(len(found), 100)
        self.assertEqual({name: file for name, file in found.items() if name not in self.reasons}, {})

    def test_none_is_listed_twice(self):
        self.assertEqual(self.twice, 0)

    def test_something_causes_every_id(self):
        caused = set(reason_cases.RULESETS) | set(reason_cases.ELSEWHERE) | set(reason_cases.UNREACHABLE)
        self.assertEqual(self.own - caused, set())
        self.assertEqual(caused - self.own, set(), "no longer there")

    def test_the_ids_of_clauses_name_their_model(self):
        for name, reason in self.reasons.items():
            if reason["model"] not in (None, "generic", "none"):
                self.assertTrue(name.startswith(reason["model"] + ":"), name)

    def test_each_clause_and_conflict_of_a_model_is_listed(self):
        names = json.loads(nicemu("show", "model", "-j").stdout)["models"]
        conflicts = 0
        for name in [m["name"] for m in names]:
            model = json.loads(nicemu("show", "model", name, "-j").stdout)
            ids = [c["reason"] for c in model["clauses"] + model["conflicts"]]
            conflicts += len(model["conflicts"])
            self.assertEqual([i for i in ids if i not in self.reasons], [], name)
        self.assertGreater(conflicts, 3)

    def test_each_says_something(self):
        for name, reason in self.reasons.items():
            self.assertGreater(len(reason["text"]), 10, name)

    def test_the_table_has_them_all(self):
        done = nicemu("show", "reasons")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([name for name in self.reasons if name not in done.stdout], [])

    def test_its_ruleset_causes_each(self):
        capture = tempfile.NamedTemporaryFile(suffix=".pcap")
        self.addCleanup(capture.close)
        capture.write(pcap([]))
        capture.flush()
        for name, case in reason_cases.RULESETS.items():
            with self.subTest(name):
                if isinstance(case, str):
                    words = [os.path.join(RULES, "refused", case)]
                else:
                    words = [write_temporary(case["text"]), *case["options"]]
                done = nicemu("replay", "-j", "-r", *words, capture.name)
                refused = json.loads(done.stdout)["refused"]
                self.assertIn(name, [r["id"] for r in refused], done.stderr)

    def test_the_tests_that_cause_the_others_are_there(self):
        for name, (file, words) in reason_cases.ELSEWHERE.items():
            with open(os.path.join(SOURCE, file)) as f:
                self.assertIn(words, f.read(), (name, file))


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
