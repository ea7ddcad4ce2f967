# SPDX-License-Identifier: GPL-2.0-or-later
"""The corpus and its comparison, without a virtual machine: a planted difference of each kind is found."""
import copy
import os
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import corpus
import known
import recording
import sequences
from nicemu import NICEMU, nicemu, run, skip_suite

HEADER = '{"nicemu_recording": 1, "generator": "test", "source": "kernel", "kernel": "6.1.192"}'


def bind(binding, port, table, block=1, error=None):
    return {"event": "BIND", "binding": binding, "port": port, "binder": "chain", "direction": "ingress",
            "block": block, "table": table, "chain": "c", "error": error}


def replace(binding, port, cookie, handle, error=None):
    return {"event": "REPLACE", "time": "1.5", "binding": binding, "port": port, "cookie": cookie, "handle": handle,
            "prio": 10, "chain_index": 0, "protocol": "0x0800", "skip_sw": False,
            "used_keys": ["CONTROL", "BASIC", "IPV4_ADDRS"],
            "keys": {"IPV4_ADDRS": {"src": {"value": "10.0.0.0", "mask": "255.0.0.0"}}}, "keys_not_flagged": {},
            "actions": [{"id": "REDIRECT", "ifindex": 3, "port": "eth1", "hw_stats": "DONT_CARE"}, {"id": "DROP"}],
            "error": error}


def destroy(binding, port, cookie, error=None):
    return {"event": "DESTROY", "binding": binding, "port": port, "cookie": cookie, "prio": 10, "chain_index": 0,
            "protocol": "0x0300", "error": error}


def unbind(binding, port):
    return {"event": "UNBIND", "binding": binding, "port": port, "error": None}


SAMPLE = [
    bind(1, "eth3", "case_one"), unbind(1, "eth3"),
    {"event": "port", "name": "eth0"},
    bind(2, "eth0", "t", block=2), replace(2, "eth0", 1, 2), replace(2, "eth0", 2, 3), replace(2, "eth0", 3, 4, "ENOSPC"),
    destroy(2, "eth0", 2), destroy(2, "eth0", 1), unbind(2, "eth0"), destroy(2, "eth0", 4, "ENOENT"),
    {"event": "RELEASE", "binding": 2, "port": "eth0"},
]


def planted():
    """(what, a change of the sample's copy, kind and field that must be found)"""
    def set_(number, value, *path):
        def change(events):
            at = events[number]
            for name in path[:-1]:
                at = at[name]
            at[path[-1]] = value
        return change

    def swap(one, other):
        def change(events):
            events[one], events[other] = events[other], events[one]
        return change
    return [
        ("value", set_(4, "10.0.0.1", "keys", "IPV4_ADDRS", "src", "value"), ("REPLACE", "keys.IPV4_ADDRS.src.value")),
        ("mask", set_(4, "255.0.0.1", "keys", "IPV4_ADDRS", "src", "mask"), ("REPLACE", "keys.IPV4_ADDRS.src.mask")),
        ("a key more", set_(4, {"n_proto": {"value": "1", "mask": "1"}}, "keys", "BASIC"), ("REPLACE", "keys.BASIC")),
        ("key not flagged", set_(4, {"VLAN": {}}, "keys_not_flagged"), ("REPLACE", "keys_not_flagged.VLAN")),
        ("used keys", set_(4, ["BASIC"], "used_keys"), ("REPLACE", "used_keys")),
        ("action", set_(4, "ACCEPT", "actions", 1, "id"), ("REPLACE", "actions")),
        ("order of actions", lambda events: events[4]["actions"].reverse(), ("REPLACE", "actions")),
        ("target", set_(4, "eth2", "actions", 0, "port"), ("REPLACE", "actions")),
        ("prio", set_(4, 11, "prio"), ("REPLACE", "prio")),
        ("protocol of DESTROY", set_(7, "0x0003", "protocol"), ("DESTROY", "protocol")),
        ("errno of REPLACE", set_(6, "ENOMEM", "error"), ("REPLACE", "error")),
        ("errno of DESTROY", set_(10, None, "error"), ("DESTROY", "error")),
        ("handle", set_(5, 9, "handle"), ("REPLACE", "only the kernel")),
        ("another port", set_(3, "eth1", "port"), ("BIND", "only the kernel")),
        ("table", set_(3, "u", "table"), ("BIND", "table")),
        ("chain", set_(3, "d", "chain"), ("BIND", "chain")),
        ("BIND refused", set_(3, "EBUSY", "error"), ("BIND", "error")),
        ("order of the rollback", swap(7, 8), ("DESTROY", "only the kernel")),
        ("UNBIND before DESTROY", swap(8, 9), ("UNBIND", "only the kernel")),
        ("an event missing", lambda events: events.pop(8), ("DESTROY", "only the kernel")),
        ("an event more", lambda events: events.append(destroy(2, "eth0", 5)), ("DESTROY", "only nicemu")),
        ("no UNBIND", lambda events: events.pop(9), ("UNBIND", "only the kernel")),
        ("no RELEASE", lambda events: events.pop(11), ("RELEASE", "only the kernel")),
        ("another case", set_(0, "case_two", "table"), ("BIND", "only nicemu")),
        ("events lost", lambda events: events.append({"event": "LOST"}), ("LOST", "only nicemu")),
    ]


class Comparison(unittest.TestCase):
    def test_a_recording_equals_itself(self):
        self.assertEqual(recording.compare(SAMPLE, copy.deepcopy(SAMPLE)), ([], 9, 2))

    def test_each_planted_difference_is_found(self):
        for what, change, wanted in planted():
            with self.subTest(what):
                ours = copy.deepcopy(SAMPLE)
                change(ours)
                found = recording.compare(SAMPLE, ours)[0]
                self.assertIn(wanted, [(one.kind, one.field) for one in found], found)

    def test_numbers_of_each_side_do_not_count(self):
        ours = copy.deepcopy(SAMPLE)
        for event in ours:
            for name in ("binding", "cookie", "block"):
                if name in event:
                    event[name] += 100
            event["time"] = "7.25"
            if event.get("handle"):
                event["handle"] += 40
        ours[4]["actions"][0]["ifindex"] = 9
        self.assertEqual(recording.compare(SAMPLE, ours)[0], [])

    def test_what_stats_said_is_passed_over(self):
        ours = SAMPLE[:5] + [{"event": "STATS", "binding": 2, "cookie": 1, "packets": 5}] + SAMPLE[5:]
        self.assertEqual(recording.compare(SAMPLE, ours)[0], [])

    def test_what_nft_said_is_compared_line_by_line(self):
        said = "step 01.nft: status 1\n01.nft:3:1-20: Error: Could not process rule: Operation not supported\n"
        self.assertEqual(recording.compare_text("one", said, said), [])
        found = recording.compare_text("one", said, said.replace(":3:", ":2:"))
        self.assertEqual([(one.kind, one.kernel[:8], one.ours[:8]) for one in found], [("nft", "01.nft:3", "01.nft:2")])

    def test_handles_of_tables_do_not_count(self):
        said = "table netdev t { # handle 7\n\tchain c { # handle 1\n"
        self.assertEqual(recording.compare_text("one", said, said.replace("handle 7", "handle 90")), [])
        self.assertTrue(recording.compare_text("one", said, said.replace("handle 1", "handle 2")))

    def test_an_unbind_that_the_module_adds_for_a_device_that_is_gone_is_passed_over(self):
        gone = [unbind(2, "eth0"), {"event": "RELEASE", "binding": 2, "port": "eth0"}, {"event": "PORT_GONE", "port": "eth0"}]
        self.assertEqual(recording.compare(SAMPLE[:6] + gone, SAMPLE[:6] + gone[1:])[0], [])
        other = [unbind(2, "eth0"), destroy(2, "eth0", 1)] + gone[1:]
        self.assertTrue(recording.compare(SAMPLE[:6] + other, SAMPLE[:6] + other[1:])[0])

    def test_what_a_kernel_was_built_without_is_found_and_left_out(self):
        names = list(corpus.FEATURES)
        said = "probe.nft:%d:1-6: Error: Could not process rule: No such file or directory\n"
        kernel = said % (names.index("reject") + 1) + said % (names.index("osf") + 1)
        self.assertEqual(corpus.lacking(kernel, said % (names.index("osf") + 1)), {"reject"})
        self.assertTrue(corpus.needs(corpus.Case("x", ["table netdev t { }", "ip saddr 1.2.3.4 reject"]), {"reject"}))
        self.assertFalse(corpus.needs(corpus.Case("x", ["table netdev rejects { }", ["reject"]]), {"reject"}))
        lines = ["add rule netdev t c drop", "add rule netdev t c ip ttl 1 reject"]
        self.assertEqual(corpus.without(lines, {"reject"}, said % 1 + said % 2), (said % 1, 1))

    def test_a_malformed_recording_is_told_with_its_line(self):
        for lines, where in (([], "empty"), (["{}"], "line 1"), ([HEADER, "{"], "line 2"), ([HEADER, "[]"], "line 2")):
            with self.assertRaisesRegex(recording.Malformed, where):
                recording.read(lines)


class Sequences(unittest.TestCase):
    TEXT = "= one\nBIND eth0\nrules: \nerrors: \n= two\nBIND eth1 EBUSY\nrules: \nerrors: 1:EBUSY\nrows: 2\n"

    def test_equal_rows(self):
        self.assertEqual(sequences.compare(self.TEXT, self.TEXT), ([], 2, 0))

    def test_a_row_that_differs_is_named(self):
        found = sequences.compare(self.TEXT, self.TEXT.replace("eth1 EBUSY", "eth1")).found
        self.assertEqual([one.case for one in found], ["sequence: two"])

    def test_a_row_that_was_not_run_is_a_difference(self):
        for kernel, ours in ((self.TEXT, "= one\n"), ("= one\n", self.TEXT), ("", self.TEXT)):
            self.assertGreater(sequences.compare(kernel, ours).different, 0)

    def test_nicemus_side_runs(self):
        rows = sequences.rows(sequences.ours("6.1"))
        self.assertGreater(len(rows), 25)
        self.assertTrue(all(lines[-1].startswith("errors: ") for lines in rows.values()))


class Expectations(unittest.TestCase):
    TABLE = [known.Known("lost", "6.1.0", "6.1.100", "^a case$", "^DESTROY only", "a test"),
             known.Known("late", "6.12.0", None, "", "^BIND", "a test")]
    LOST = recording.Difference("a case", "DESTROY", "only the kernel", "x", None)
    BIND = recording.Difference("b", "BIND", "error", None, "EBUSY")

    def names(self, version, *found):
        named, unmet = known.attribute(version, list(found), self.TABLE)
        return [name for _, name in named], unmet

    def test_an_expected_difference_has_its_name(self):
        self.assertEqual(self.names("6.1.5", self.LOST), (["lost"], []))

    def test_another_difference_has_none(self):
        self.assertEqual(self.names("6.1.5", self.LOST, self.BIND), (["lost", None], []))

    def test_an_expectation_that_no_longer_occurs_is_told(self):
        self.assertEqual(self.names("6.12.95"), ([], ["late"]))
        self.assertEqual(self.names("6.12.95", self.LOST), ([None], ["late"]))

    def test_kernels_that_a_row_does_not_name_expect_nothing(self):
        self.assertEqual(self.names("6.1.101"), ([], []))

    def test_every_row_has_a_source(self):
        for row in known.KNOWN:
            self.assertTrue(row.name and row.source, row)
        for bug in known.BUGS:
            self.assertTrue(bug.source, bug)

    def test_a_rule_with_a_bug_is_counted_by_its_name(self):
        bugs = known.bugs_of({bug.behavior: bug.behavior != "short_load_masks_fixed" for bug in known.BUGS})
        one, other = {"keys": {"A": {"src": {"value": "1", "mask": "0xff"}}}}, {"keys": {"A": {"src": {"value": "1", "mask": "0xf0"}}}}
        self.assertEqual(known.rules_with_bugs(bugs, [one, one], [other, one]), ({"short_load_masks_fixed": 1}, []))
        value = {"keys": {"A": {"src": {"value": "2", "mask": "0xff"}}}}
        self.assertEqual(known.rules_with_bugs(bugs, [one], [value]), ({}, [(one, value)]))
        self.assertEqual(known.rules_with_bugs([], [one], [other]), ({}, [(one, other)]))

    def test_kernels_that_crash_by_themselves_are_known(self):
        self.assertIn("twice", known.crash("5.10.262"))
        self.assertEqual([known.crash(version) for version in ("5.10.30", "5.15.216", "6.1.192")], [None] * 3)
        cases = corpus.only_probes({"wide": [corpus.Case("a", ["x", ["y"]]), corpus.Case("b", ["x"])], "small": []})
        self.assertEqual([case.name for case in cases["wide"]], ["a"])
        self.assertEqual(corpus.step_file(["y"], probe=True), ("probe", "y\n"))

    def test_lines_that_a_kernel_refused_are_left_out(self):
        case = corpus.Case("x", ["world", ["one", "two", "three"]])
        said = "step 02.rules: status 0\nprobe.nft:2:1-6: Error: Could not process rule: Operation not supported\n"
        self.assertEqual(corpus.accepted(case, said).steps, ["world", ["one", "three"]])


class Cases(unittest.TestCase):
    """The whole corpus under nicemu exec: nft takes each case as its language."""

    @classmethod
    def setUpClass(cls):
        for program in (NICEMU, corpus.RUN_CASES):
            if not os.access(program, os.X_OK):
                skip_suite("%s is not built" % os.path.basename(program))
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.runs = corpus.runs()
        for name, cases in cls.runs.items():
            corpus.write(os.path.join(cls.temporary.name, name), cases)
            with open(os.path.join(cls.temporary.name, name + ".yaml"), "w", encoding="utf-8") as file:
                file.write(corpus.NICS[name])

    def said(self, name):
        folder, out = (os.path.join(self.temporary.name, word) for word in (name, name + "-out"))
        os.mkdir(out)
        done = nicemu("exec", "-q", "-k", "6.1", "-n", folder + ".yaml", "--", corpus.RUN_CASES, folder, out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        texts = {}
        for case in sorted(os.listdir(out)):
            with open(os.path.join(out, case), encoding="utf-8") as file:
                texts[case] = file.read()
        self.assertEqual(len(texts), len(self.runs[name]))
        for case, text in texts.items():
            self.assertTrue(text.startswith("step 01."), case + ":\n" + text)
            self.assertNotIn("syntax error", text, case + ":\n" + text)
        return texts

    def test_every_case_is_nfts_language(self):
        texts = self.said("wide")
        self.assertIn("Operation not supported", "".join(texts.values()))

    def test_the_small_nic_is_full_in_its_cases(self):
        texts = self.said("small")
        full = [case for case, text in texts.items() if "No space left on device" in text]
        self.assertGreater(len(full), len(texts) * 2 // 3, texts)

    def test_enough_rules_are_drawn(self):
        lines = sum(len(step) for cases in self.runs.values() for case in cases for step in case.steps
                    if isinstance(step, list))
        self.assertGreater(lines, 1200)
        self.assertEqual(corpus.drawn(seed=7, count=50), corpus.drawn(seed=7, count=50))


if __name__ == "__main__":
    unittest.main()
