#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparing recordings finds what is planted, and says nothing of what may differ; the kept recordings are in order."""
import copy
import json
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import expectations  # noqa: E402
import nicemu  # noqa: E402
import recording  # noqa: E402
import run  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402


def bind(binding, port, binder="flowtable"):
    return {"event": "BIND", "time": "1.0", "binding": binding, "port": port, "binder": binder, "direction": "ingress",
            "block": 7, "table": "t", "chain": "f", "error": None}


def command(event, binding, port, cookie, **more):
    return {"event": event, "time": "2.0", "binding": binding, "port": port, "cookie": cookie, "prio": 0, "chain_index": 0,
            "protocol": "0x0300", "error": None, **more}


def replace(binding, port, cookie, target=3, **more):
    return command("REPLACE", binding, port, cookie, handle=None, skip_sw=False, used_keys=["BASIC"], keys={}, keys_not_flagged={},
                   actions=[{"id": "REDIRECT", "ifindex": target}], **more)


def stats(binding, port, cookie, packets=0):
    return command("STATS", binding, port, cookie, packets=packets, bytes=packets * 100, last_used="3.0")


FLOW = [bind(4, "eth1"), bind(5, "eth0"), replace(5, "eth0", 11), replace(4, "eth1", 11), stats(5, "eth0", 11),
        command("DESTROY", 5, "eth0", 11), command("DESTROY", 4, "eth1", 11),
        {"event": "UNBIND", "binding": 4, "port": "eth1", "error": None}, {"event": "UNBIND", "binding": 5, "port": "eth0", "error": None}]


def compare(other, timing=(), order="all"):
    return recording.differences(recording.normal(FLOW), recording.normal(other), timing, order)


class Comparing(unittest.TestCase):
    """differences()"""

    def test_a_recording_equals_itself(self):
        self.assertEqual(compare(FLOW), [])

    def test_numbers_and_times_of_another_run_do_not_count(self):
        other = copy.deepcopy(FLOW)
        for event in other:
            event["time"] = "9.9"
            event["binding"] += 40
            if "cookie" in event:
                event["cookie"] += 100
            if "block" in event:
                event["block"] = 1
        self.assertEqual(compare(other), [])

    def test_more_and_fewer_stats_and_repeats_do_not_count(self):
        other = FLOW[:4] + [stats(5, "eth0", 11, 3), replace(5, "eth0", 11), stats(4, "eth1", 11)] + FLOW[5:]
        self.assertEqual(compare(other), [])

    def test_missing_stats_count_where_the_scenario_waits_for_them(self):
        other = FLOW[:4] + FLOW[5:]
        self.assertEqual(compare(other), [])
        self.assertIn("STATS of binding 2, cookie 1: only in the recording", compare(other, timing=("STATS",)))

    def test_a_repeat_that_appears_counts_where_the_scenario_provokes_them(self):
        other = FLOW[:4] + [replace(5, "eth0", 11)] + FLOW[4:]
        self.assertIn("REPLACE of binding 2, cookie 1: only now", compare(other, timing=("REPLACE",)))

    def test_a_repeat_that_says_something_else_is_found(self):
        other = FLOW[:4] + [replace(5, "eth0", 11, target=9)] + FLOW[4:]
        self.assertTrue(compare(other))

    def test_each_planted_difference_is_found(self):
        for number, event in enumerate(FLOW):
            if event["event"] == "STATS":
                continue
            without = FLOW[:number] + FLOW[number + 1:]
            self.assertTrue(compare(without), f"event {number} left out: {event}")
            twice = FLOW[:number + 1] + [event] + FLOW[number + 1:]
            if event["event"] != "REPLACE":
                self.assertTrue(compare(twice), f"event {number} twice: {event}")
            for name in event:
                if name in recording.LEFT_OUT + ("binding", "block", "cookie"):
                    continue
                other = copy.deepcopy(FLOW)
                other[number][name] = "planted"
                self.assertTrue(compare(other), f"event {number}: another {name}")

    def test_another_order_is_found(self):
        other = FLOW[:2] + [FLOW[3], FLOW[2]] + FLOW[4:]
        self.assertTrue(compare(other))

    def test_order_between_rules_may_be_left_out(self):
        two = FLOW[:2] + [replace(5, "eth0", 11), replace(5, "eth0", 12), command("DESTROY", 5, "eth0", 11), command("DESTROY", 5, "eth0", 12)]
        other = FLOW[:2] + [replace(5, "eth0", 11), command("DESTROY", 5, "eth0", 11), replace(5, "eth0", 12), command("DESTROY", 5, "eth0", 12)]
        one, another = recording.normal(two), recording.normal(other)
        self.assertTrue(recording.differences(one, another))
        self.assertEqual(recording.differences(one, another, order="rule"), [])

    def test_bindings_of_another_kind_are_left_out(self):
        other = [bind(1, "eth0", "flower"), replace(1, "eth0", 99)] + FLOW
        events = recording.normal(other, "flowtable")
        self.assertEqual(recording.differences(recording.normal(FLOW), events), [])

    def test_bindings_without_rules_can_be_left_out(self):
        other = [bind(1, "eth0"), {"event": "UNBIND", "binding": 1, "port": "eth0", "error": None}] + FLOW
        self.assertEqual(recording.normal(other, only_busy=True), recording.normal(FLOW))
        self.assertNotEqual(recording.normal(other), recording.normal(FLOW))

    def test_long_rows_of_repeats_are_cut(self):
        events = recording.normal(FLOW[:4] + [stats(5, "eth0", 11)] * 9 + FLOW[5:])
        kept = recording.cut(events)
        self.assertEqual(sum(e["event"] == "STATS" for e in kept), recording.KEPT_REPEATS)
        self.assertEqual(recording.differences(events, kept, timing=("STATS",)), [])


class Reading(unittest.TestCase):
    """load()"""

    def test_what_is_no_recording_is_refused(self):
        for text in ("", "{}\n", "[1]\n", '{"nicemu_recording": 2}\n', '{"nicemu_recording": 1}\n{"event"\n'):
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                file.write(text)
                file.flush()
                with self.assertRaises(recording.BadRecording, msg=repr(text)):
                    recording.load(file.name)

    def test_counters_of_connection_tracking_are_read_per_direction(self):
        line = "ipv4 2 udp 17 117 src=10.1.0.2 packets=3 bytes=384 src=10.2.0.2 packets=4 bytes=512 mark=0\n"
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(line)
            file.flush()
            self.assertEqual(expectations.tracked(file.name), [(3, 384), (4, 512)])

    def test_what_every_port_counted_is_added_up(self):
        events = recording.normal(FLOW[:4] + [stats(5, "eth0", 11, 7), stats(4, "eth1", 11, 2)])
        self.assertEqual(expectations.hardware(events, 1), (9, 900))


class Choosing(unittest.TestCase):
    """run.py"""

    def test_scenarios_of_later_kernels_are_left_out(self):
        for kernel, since, before in (("5.10.262", "5.13", True), ("5.10", "5.13", True), ("6.1", "5.13", False),
                                      ("5.13.1", "5.13", False), ("bullseye", "5.13", False), ("5.10", "", False)):
            self.assertEqual(run.is_before(kernel, since), before, (kernel, since))

    def test_a_kernel_is_compared_with_the_newest_branch_that_is_not_newer(self):
        egress = next(s for s in SCENARIOS if s.name == "egress")
        with tempfile.TemporaryDirectory() as folder:
            for branch in ("6.1", "6.12", "7.3"):
                os.mkdir(os.path.join(folder, branch))
                with open(os.path.join(folder, branch, run.file_name(egress)), "w", encoding="utf-8"):
                    pass
            kept, run.RECORDINGS = run.RECORDINGS, folder
            self.addCleanup(setattr, run, "RECORDINGS", kept)
            for kernel, branch in (("5.10.262", "6.1"), ("6.1.192", "6.1"), ("6.6.1", "6.1"), ("6.12.95", "6.12"), ("7.2.13", "6.12"),
                                   ("7.3.4", "7.3"), ("8.0.0", "7.3")):
                self.assertEqual(run.kept_path(egress, kernel), os.path.join(folder, branch, run.file_name(egress)), kernel)

    def test_a_lost_guest_takes_few_scenarios_along(self):
        rows = run.guests(SCENARIOS)
        self.assertEqual(sorted(s.name for row in rows for s in row), sorted(s.name for s in SCENARIOS))
        self.assertLessEqual(max(len(row) for row in rows), run.A_GUEST)
        self.assertTrue(all(len(row) == 1 for row in rows if any(s.alone for s in row)))


class Kept(unittest.TestCase):
    """tests/vm/recordings"""

    def paths(self):
        for folder, _, names in os.walk(run.RECORDINGS):
            for name in names:
                if name.endswith(".jsonl"):
                    yield os.path.join(folder, name)

    def test_every_scenario_has_one_of_the_first_kernel(self):
        for scenario in SCENARIOS:
            path = os.path.join(run.RECORDINGS, run.FIRST, run.file_name(scenario))
            self.assertTrue(os.path.exists(path), f"{path}: tests/vm/traffic/run.py --update {scenario.name}")

    def test_every_one_has_its_scenario_says_what_it_shows_and_is_small(self):
        names = {run.file_name(s): s for s in SCENARIOS}
        for path in self.paths():
            self.assertIn(os.path.basename(path), names, path)
            head, events = recording.load(path)
            self.assertEqual(head["shows"], names[os.path.basename(path)].shows, path)
            self.assertIn("run.py --update", head["made"], path)
            self.assertEqual(head["source"], "kernel", path)
            self.assertLess(os.path.getsize(path), 64 << 10, path)
            self.assertEqual(run.branch_of(head["kernel"]), os.path.basename(os.path.dirname(path)), path)
            commands = recording.commands(events)
            self.assertEqual(recording.normal(commands), commands, f"{path}: its numbers are not from 1")
            self.assertEqual(recording.cut(commands), commands, f"{path}: not cut")
            self.assertEqual(recording.ports(events, commands), events[:len(events) - len(commands)], f"{path}: its ports")

    def test_nicemu_shows_every_one(self):
        for path in self.paths():
            shown = nicemu.nicemu("show", "recording", path)
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), path)
            events = recording.load(path)[1]
            self.assertEqual(sum(line.startswith("REPLACE") for line in shown.stdout.splitlines()),
                             sum(e["event"] == "REPLACE" for e in events), path)
            as_json = nicemu.nicemu("show", "recording", "-j", path)
            self.assertEqual(json.loads(as_json.stdout)["events"], events, path)


if __name__ == "__main__":
    unittest.main()
