# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu show model, -m and `model:` of a NIC file."""
import glob
import json
import os
import shutil
import unittest

from nicemu import NICEMU, PCAPS, SOURCE, nicemu, skip_suite
from replay_support import Folder, chain, replay

MODELS = os.path.join(SOURCE, "netdevsim-config", "models")
PING = os.path.join(PCAPS, "ping.pcap")
WITHOUT = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}


def show(*words, **more):
    done = nicemu("show", "model", *words, env=WITHOUT, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def names():
    return [m["name"] for m in json.loads(show("-j"))["models"]]


class ShowModel(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def own(self, change=("", "")):
        with open(os.path.join(MODELS, "generic.yaml")) as file:
            return self.folder.write("own.yaml", file.read().replace("model: generic", "model: own").replace("status: own", "status: read").replace(*change))

    def test_every_model_file_is_built_in(self):
        files = [os.path.basename(path)[:-5] for path in glob.glob(os.path.join(MODELS, "*.yaml"))]
        self.assertEqual(sorted(names()), sorted(files))
        self.assertEqual(names()[:2], ["generic", "none"])

    def test_they_are_there_from_any_folder(self):
        self.assertEqual(json.loads(show("generic", "-j", cwd=self.folder.path))["model"], "generic")

    def test_the_list_has_title_status_and_front_ends(self):
        text = show()
        for model in json.loads(show("-j"))["models"]:
            line, = [line for line in text.splitlines() if line.split()[:1] == [model["name"]]]
            self.assertIn(model["status"], line)
            self.assertIn(" ".join(model["front_ends"]) or "-", line)
            self.assertTrue(line.endswith(model["title"]))

    def test_a_running_emulator_marks_its_model(self):
        done = nicemu("exec", "-m", "none", "--", "sh", "-c", "%s show model && %s show model -j" % (NICEMU, NICEMU))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^\* none ")
        self.assertEqual(json.loads(done.stdout[done.stdout.index("{"):])["current"], "none")

    def test_all_that_a_model_says_is_in_the_table(self):
        for name in names():
            with self.subTest(name):
                text, document = show(name), json.loads(show(name, "-j"))
                self.assertEqual(document["model"], name)
                for clause in document["clauses"] + document["conflicts"]:
                    for value in (clause["reason"], clause["errno"], clause["clause"], clause["text"], clause["source"]):
                        self.assertIn(value, text)
                start = 0
                for what in document["match"]["ignoring"] + document["match"]["implicit"]:
                    start = text.index("  %s\n" % what["text"], start + 1)
                    shown = text[start:text.index("    source ", start)]
                    for member in ("keys", "fields", "actions", "absent_keys"):
                        self.assertIn(" ".join(what.get(member, [])), shown)
                    if what.get("field"):
                        self.assertIn("%s is 0x%x\n" % (what["field"], what["value"]), shown)
                for table in document["tables"]:
                    self.assertIn("%s: %s, one a %s" % (table["name"], table["kind"], table["scope"]), text)
                for note in document["notes"]:
                    self.assertIn(note["text"], text)
                for unknown in document["unknown"]:
                    self.assertIn("%s: %s" % (unknown["what"], unknown["effect"]), text)

    def test_every_unknown_number_has_its_effect(self):
        for name in names():
            document = json.loads(show(name, "-j"))
            told = " ".join(u["what"] for u in document["unknown"])
            for table in document["tables"]:
                for member, field in (("entries", "entries"), ("key_width", "key-width"), ("order", "order"), ("insertion", "insertion")):
                    if table[member] == "unknown":
                        self.assertIn("%s %s" % (table["name"], field), told)
            for member in ("bytes", "width", "reading", "pool"):
                if document["counters"] and document["counters"][member] == "unknown":
                    self.assertIn("counters " + member, told)

    def test_a_file_is_shown_like_a_model(self):
        path = self.own()
        self.assertEqual(json.loads(show(path, "-j"))["model"], "own")
        self.assertEqual(json.loads(show("-m", path, "-j"))["model"], "own")
        nic = self.folder.write("nic.yaml", "nic: n\nmodel: own.yaml\nports: [{name: eth0}]\n")
        self.assertEqual(json.loads(show("-n", nic, "-j"))["model"], "own")

    def test_mistakes_are_told(self):
        for words, status, said in (
                (("gneric",), 2, "did you mean 'generic'"), (("-m", "gneric"), 2, "did you mean 'generic'"),
                (("a", "b"), 2, "one NAME or FILE"), (("generic", "-m", "none"), 2, "given twice"),
                ((self.folder("nobody.yaml"),), 3, "No such file"),
                ((self.own(("width: 64", "width: 65")),), 3, "own.yaml:31: counters.width: '65' is not right")):
            done = nicemu("show", "model", *words, env=WITHOUT)
            self.assertEqual(done.returncode, status, words)
            self.assertIn(said, done.stderr)

    def test_a_model_of_ones_own_refuses_by_its_clauses(self):
        clause = "clauses:\n  - {id: no-drop, when: {actions-any: [DROP]}, errno: EPERM, text: never, clause: it drops nothing, source: design}\n"
        path = self.own(("clauses:\n", clause))
        rules = self.folder.write("r.nft", chain(["ip protocol icmp drop", "ip protocol tcp accept"]))
        report, done = replay("-m", path, "-r", rules, PING)
        self.assertEqual(done.returncode, 1, done.stderr)
        refused, = report["refused"]
        self.assertEqual((refused["id"], refused["errno"]), ("own:no-drop", "EPERM"))
        self.assertIn("it drops nothing", refused["reason"])
        self.assertIn("never", refused["reason"])

    def test_a_nic_file_whose_model_has_a_mistake_names_both_places(self):
        self.own(("status: read", "status: mine"))
        nic = self.folder.write("nic.yaml", "nic: n\nmodel: own.yaml\nports: [{name: eth0}]\n")
        done = nicemu("show", "nic", "-n", nic, env=WITHOUT)
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"nic\.yaml:2: model: .*own\.yaml:5: status: 'mine'")

    def test_hw_tc_offload_off_refuses_as_the_model_says(self):
        nic = self.folder.write("nic.yaml", "nic: n\nports: [{name: eth0, hw-tc-offload: off}]\n")
        rules = self.folder.write("r.nft", chain(["ip protocol icmp drop"]))
        report, done = replay("-n", nic, "-r", rules, PING)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual([r["id"] for r in report["refused"]], ["hw-tc-offload-off"])
        self.assertRegex(nicemu("show", "nic", "-n", nic, env=WITHOUT).stdout, r"(?m)^eth0 .* hw-tc-offload off$")


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
