# SPDX-License-Identifier: GPL-2.0-or-later
"""Each row of vectors.py through the real nft: the answer, its time, and the driver's view."""
import json
import os
import re
import shutil
import unittest

import vectors
from nicemu import NICEMU, SOURCE, nicemu, skip_suite
from replay_support import Folder
from vectors import ACCEPTED, AT_COMMIT

NOT_SUPPORTED = "Operation not supported"


def flat(rule):
    """A record of `show rules --driver -j` as vectors.py writes it; sorted, but for the actions."""
    fields = ["%s.%s=%s/%s" % (key, name, field["value"], field["mask"])
              for key, names in rule["keys"].items() for name, field in names.items()]
    actions = [a["id"] + (" " + a["port"] if "port" in a else "") for a in rule["actions"]]
    return [rule["protocol"]] + sorted(fields) + actions


def wanted(view):
    fields = sorted(word for word in view if "=" in word)
    return [view[0]] + fields + [word for word in view[1:] if "=" not in word]


class Vectors(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def ask(self, kernel, *texts, then=""):
        """Loads one file after the other; all but the last must be taken."""
        files = [self.folder.write("%d.nft" % i, text) for i, text in enumerate(texts)]
        script = " && ".join("nft -f '%s'" % path for path in files)
        return nicemu("exec", "-q", "-k", kernel, "--port", "eth1", "--", "sh", "-c", script + then)

    def expect(self, done, answer, what):
        """In a batch of two commands a refusal at commit is told at the first one."""
        if answer == ACCEPTED:
            self.assertEqual((done.returncode, done.stderr), (0, ""), what)
            return
        self.assertNotEqual(done.returncode, 0, what)
        self.assertIn(NOT_SUPPORTED, done.stderr, what)
        lines = set(re.findall(r"\.nft:(\d+):", done.stderr))
        self.assertEqual(lines, {"1"} if answer == AT_COMMIT else {"2"}, what + "\n" + done.stderr)

    def test_chains(self):
        for row in vectors.CHAINS:
            with self.subTest(row.text):
                done = self.ask(row.kernel, "add table netdev other\n" + row.text)
                self.expect(done, row.answer, row.text)

    @staticmethod
    def command(text):
        if text.startswith("insert: "):
            return "insert rule netdev t c " + text[len("insert: "):]
        if text.startswith("replace: "):
            return "replace rule netdev t c handle 2 " + text[len("replace: "):]
        return "add rule netdev t c " + text

    def test_rules(self):
        for row in vectors.RULES:
            with self.subTest(row.text, kernel=row.kernel):
                texts = [vectors.base()]
                if row.text.startswith("replace: "):
                    texts.append("add rule netdev t c drop")
                texts.append("table netdev t { chain x { }; set s { type ipv4_addr; }; counter z { }; }")
                texts.append("add table netdev other\n" + self.command(row.text))
                if row.view:
                    self.check_view(row, texts)
                else:
                    self.expect(self.ask(row.kernel, *texts), row.answer, row.text)

    def check_view(self, row, texts):
        done = self.ask(row.kernel, *texts, then=" && '%s' show rules --driver -j" % NICEMU)
        self.expect(done, row.answer, row.text)
        rules = json.loads(done.stdout)["rules"]
        self.assertEqual([flat(rule) for rule in rules], [wanted(row.view)])
        self.assertEqual((rules[0]["command"], rules[0]["prio"], rules[0]["chain_index"], rules[0]["skip_sw"]),
                         ("REPLACE", 10, 0, False))

    def test_rows_with_a_unit_test_of_their_own_have_one(self):
        for row in vectors.ELSEWHERE:
            with open(os.path.join(SOURCE, "tests", row.file), encoding="utf-8") as file:
                self.assertIn(row.test, file.read(), row.what)

    def test_rows_that_do_not_apply_yet_are_refused_when_used(self):
        self.assertTrue(vectors.NOT_THERE)
        done = self.ask(vectors.RIGHT, "add table netdev t\nadd flowtable netdev t f "
                        "{ hook ingress priority 0; devices = { eth0 }; flags offload; }")
        self.assertNotEqual(done.returncode, 0)
        for row in vectors.NOT_THERE:
            self.assertTrue(row.what and row.reason)


if __name__ == "__main__":
    if not os.access(NICEMU, os.X_OK):
        skip_suite("nicemu is not built")
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
