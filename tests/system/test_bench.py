# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu bench: its document, its digest, how it ends. Nothing here asserts how fast anything is."""
import json
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import time
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import (Folder, chain, ethernet, icmp, pcap, pcapng_packets, replay, tcp, udp)

REFUSED, USAGE, INPUT, ENVIRONMENT, INTERRUPTED = 1, 2, 3, 4, 130
RULES = ["ip protocol icmp counter drop",
         "ip saddr 10.1.0.0/16 tcp dport 80 counter drop",
         "ip daddr 10.2.0.0/16 udp dport 53 accept",
         "ip6 saddr 2001:db8::/32 drop",
         "ether saddr 02:00:00:00:00:77 drop",
         "tcp dport 80 accept",
         "ip saddr 10.0.0.0/8 counter accept"]


def ipv6(source, target):
    header = struct.pack("!IHBB", 6 << 28, 8, 17, 64) + bytes.fromhex(source) + bytes.fromhex(target)
    return ethernet(header + struct.pack("!HHHH", 1, 2, 8, 0), 0x86dd)


def frames(count):
    """Frames of many kinds, a few thousand different ones."""
    made = []
    for i in range(count):
        source, target = "10.%d.%d.%d" % (i % 4, i // 7 % 256, i % 251), "10.%d.0.1" % (i % 3)
        made.append([tcp(source, target, 1000 + i % 5000, (80, 81, 443)[i % 3]),
                     udp(source, target, i % 60000, (53, 54)[i // 2 % 2]),
                     icmp(source, target),
                     tcp("192.168.0.%d" % (i % 250), target, i % 60000, 443),
                     ipv6("20010db8%024x" % i, "%032x" % 1),
                     ipv6("20010db9%024x" % i, "%032x" % 1),
                     ethernet(b"\0" * 40, 0x88b5, source="02:00:00:00:00:77")][i % 7])
    return made


def digest(numbers):
    """FNV-1a, as the manual page has it."""
    value = 0xcbf29ce484222325
    for number in numbers:
        for byte in struct.pack("<I", number):
            value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return "%016x" % value


def engines():
    done = nicemu("bench", "lookup", "--engine", "none of them", "x.pcap")
    return re.search(r"there are: (.*)", done.stderr).group(1).split(", ")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(frames(1000)))
        self.rules = self.folder.write("r.nft", chain(RULES))

    def bench(self, *words, status=0):
        done = nicemu("bench", *words, "-j")
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertNotIn("Sanitizer", done.stderr)
        return json.loads(done.stdout)

    def fails(self, status, *words, says):
        done = nicemu("bench", *words)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(says, done.stderr)


class Document(Case):
    CONTRACT = {
        "schema_version": int, "generator": str, "bench": str, "engine": str, "cache": bool,
        "jobs": int, "cpus": int, "nic": str, "model": str, "kernel": str, "interrupted": bool,
        "captures": list, "rules": int, "packets": int, "bytes": int, "matched": int, "digest": str,
        "runs": int, "lookup_per_second": float, "replay_per_second": float,
        "first_pass_per_second": float, "updates_per_second": float,
        "lookup_during_updates_per_second": float, "slowdown": float, "build_seconds": float,
        "lookup_per_cpu_second": float, "replay_per_cpu_second": float,
        "updates_per_cpu_second": float, "cpu_share": float,
        "lookup_runs": list, "lookup_spread": dict, "replay_runs": list, "replay_spread": dict,
        "updates_runs": list, "updates_spread": dict, "lookup_during_updates_runs": list,
        "lookup_during_updates_spread": dict, "table_bytes": int, "entry_bytes": int,
        "cache_bytes": int, "cache_hits": float, "cache_bypassed": float, "tables": int, "longest": int, "sentinel_checks": int,
        "sentinel_misses": int, "refused": list, "notes": list, "errors": list}
    OF_UPDATES = {"updates_per_second", "updates_per_cpu_second", "lookup_during_updates_per_second", "slowdown",
                  "updates_spread", "lookup_during_updates_spread", "sentinel_checks",
                  "sentinel_misses"}
    OF_LOOKUPS = {"lookup_per_second", "lookup_per_cpu_second", "lookup_spread", "cache_hits",
                  "cache_bypassed"}

    def check(self, document, missing):
        self.assertEqual(list(document), list(self.CONTRACT), "members and their order")
        for member, kind in self.CONTRACT.items():
            if member in missing:
                self.assertIsNone(document[member], member)
            else:
                self.assertIs(type(document[member]), kind, member)

    def test_lookup_measures_lookups_and_the_replay(self):
        document = self.bench("lookup", "-r", self.rules, self.capture)
        self.check(document, self.OF_UPDATES)
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual((document["bench"], document["jobs"], document["runs"]), ("lookup", 1, 7))
        self.assertEqual(document["engine"], engines()[0])
        self.assertEqual([len(document[m]) for m in ("lookup_runs", "replay_runs", "updates_runs")],
                         [7, 7, 0])

    def test_replay_measures_the_replay(self):
        document = self.bench("replay", "-r", self.rules, self.capture)
        self.check(document, self.OF_UPDATES | self.OF_LOOKUPS)
        self.assertEqual((document["bench"], document["lookup_runs"]), ("replay", []))

    def test_figures_are_medians_of_their_runs(self):
        document = self.bench("lookup", "-r", self.rules, self.capture, "--runs", "6")
        self.assertEqual(document["runs"], 6)
        for what in ("lookup", "replay"):
            runs = document[what + "_runs"]
            self.assertEqual(len(runs), 6)
            self.assertTrue(all(r > 0 for r in runs), runs)
            self.assertAlmostEqual(document[what + "_per_second"] / statistics.median(runs), 1, 6)
            self.assertEqual(document[what + "_spread"], {"min": min(runs), "max": max(runs)})

    def test_packets_and_matched_are_those_of_a_replay(self):
        other = self.folder.write("b.pcap", pcap(frames(300)))
        words = ("-r", self.rules, self.capture, "-p", "eth1", other)
        report, done = replay(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        for kind in ("lookup", "replay"):
            document = self.bench(kind, *words)
            self.assertEqual(document["packets"], report["packets"])
            self.assertEqual(document["bytes"], report["bytes"])
            self.assertEqual(document["matched"],
                             report["packets"] - report["unmatched"]["packets"])
            self.assertEqual(document["rules"], len(RULES))
            self.assertEqual(document["captures"],
                             [{k: c[k] for k in ("file", "port", "packets", "bytes")}
                              for c in report["captures"]])

    def test_captures_arrive_at_the_first_device_of_the_chain(self):
        rules = self.folder.write("r.nft", chain(RULES, devices=("eth3", "eth2")))
        report, _ = replay("-r", rules, self.capture)
        document = self.bench("replay", "-r", rules, self.capture)
        self.assertEqual(document["captures"][0]["port"], report["captures"][0]["port"])
        self.assertEqual(document["rules"], 2 * len(RULES), "one for each device")

    def test_without_a_cache_there_is_none(self):
        document = self.bench("lookup", "-r", self.rules, self.capture, "--no-cache")
        self.assertEqual((document["cache"], document["cache_bytes"], document["cache_hits"]),
                         (False, 0, None))
        document = self.bench("lookup", "-r", self.rules, self.capture)
        self.assertLessEqual(document["cache_bytes"], 4 << 20)
        self.assertGreater(document["cache_hits"], 0.5, "1000 flows, again and again")
        self.assertLessEqual(document["cache_hits"] + document["cache_bypassed"], 1)

    def test_the_share_of_the_processor_is_a_part_of_the_whole(self):
        """Of little work between two looks at the clock, the looks themselves are a good deal."""
        one = self.folder.write("one.pcap", pcap(frames(1)))
        for kind in ("lookup", "replay"):
            share = self.bench(kind, "-r", self.rules, one)["cpu_share"]
            self.assertTrue(0 < share <= 1, share)

    def test_time_that_is_over_makes_fewer_runs_and_a_note(self):
        document = self.bench("lookup", "-r", self.rules, self.capture, "--seconds", "0")
        self.assertEqual([len(document[m]) for m in ("lookup_runs", "replay_runs")], [1, 1])
        self.assertEqual(document["runs"], 1)
        self.assertEqual(document["replay_runs"], [document["first_pass_per_second"]])
        self.assertEqual(len([n for n in document["notes"] if "1 of 7 runs" in n]), 2,
                         document["notes"])

    def test_a_capture_without_packets_has_no_figures(self):
        document = self.bench("lookup", "-r", self.rules, self.folder.write("e.pcap", pcap([])))
        self.assertEqual((document["packets"], document["runs"], document["digest"]),
                         (0, 0, digest([])))
        self.assertIsNone(document["lookup_per_second"])
        self.assertIsNone(document["replay_per_second"])
        self.assertTrue(any("no packets" in n for n in document["notes"]))

    def test_a_reproducible_document_is_the_same_twice(self):
        words = ("bench", "lookup", "-r", self.rules, self.capture, "-j", "--reproducible")
        self.assertEqual(nicemu(*words).stdout, nicemu(*words).stdout)

    def test_people_get_a_table(self):
        done = nicemu("bench", "lookup", "-r", self.rules, self.capture)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"flow cache +4.00 MiB; it answers \d+\.\d%")
        for line in (r"^look-ups +\d+\.\d\d [Mk]?/s +\d+\.\d\d [Mk]?/s +\d+\.\d\d [Mk]?/s +7$",
                     r"^replay, first pass +\d+\.\d\d", r"^replay +\d+\.\d\d",
                     r"^rules +%d;" % len(RULES), r"^table +\d+\.\d\d MiB, \d+ bytes a rule$",
                     r"^entries +\d+\.\d\d MiB, \d+ bytes a rule$",
                     r"^packets +1000 of \d+ bytes"):
            self.assertRegex(done.stdout, re.compile(line, re.M))


class Digest(Case):
    def expected(self, *captures):
        """From the comments that a replay writes: the rules of one chain are numbered as they stand."""
        report, done = replay("-r", self.rules, *captures, "-w", "all=" + self.folder("all.pcapng"))
        self.assertEqual(done.returncode, 0, done.stderr)
        handles = sorted(rule["handle"] for rule in report["rules"])
        comments = [c for _, _, c, _ in pcapng_packets(self.folder.read("all.pcapng"))]
        numbers = [re.search(r"handle (\d+)", comment) for comment in comments]
        return digest([1 + handles.index(int(n.group(1))) if n else 0 for n in numbers])

    def test_it_can_be_made_again_from_what_a_replay_says_of_each_packet(self):
        other = self.folder.write("b.pcap", pcap(frames(333)))
        want = self.expected(self.capture, other)
        self.assertNotEqual(want, digest([0] * 1333))
        for kind in ("lookup", "replay"):
            document = self.bench(kind, "-r", self.rules, self.capture, other)
            self.assertEqual(document["digest"], want, kind)

    def test_engines_caches_and_jobs_agree(self):
        want = self.expected(self.capture)
        self.assertIn("reference", engines())
        for engine in engines():
            for more in ((), ("--no-cache",)):
                document = self.bench("lookup", "-r", self.rules, self.capture, "--engine", engine,
                                      *more)
                self.assertEqual((document["engine"], document["digest"]), (engine, want))
        document = self.bench("replay", "-r", self.rules, self.capture, "--jobs", "2")
        self.assertEqual((document["jobs"], document["digest"]), (2, want))

    def test_auto_is_one_thread_where_only_one_core_looks_up(self):
        for kind in ("lookup", "update"):
            self.assertEqual(self.bench(kind, "-r", self.rules, self.capture, "--jobs", "auto")["jobs"], 1, kind)
            done = nicemu("bench", kind, "-r", self.rules, self.capture, "--jobs", "2")
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("takes 1 or auto", done.stderr)

    def test_priority_comes_before_arrival(self):
        first = self.folder.write("1.nft", chain(["tcp dport 80 drop"], priority=20, table="a"))
        second = self.folder.write("2.nft", chain(["udp dport 53 drop"], devices=("eth1",),
                                                  priority=10, table="b"))
        document = self.bench("lookup", "-r", first, "-r", second, self.capture, "-p", "eth1",
                              self.capture)
        made = frames(1000)
        of = lambda frame, port, number: number if frame[:14] and is_ip(frame, port) else 0
        self.assertEqual(document["digest"],
                         digest([of(f, (6, 80), 2) for f in made] + [of(f, (17, 53), 1) for f in made]))


def is_ip(frame, wanted):
    """An IPv4 frame of this protocol and destination port."""
    return frame[12:14] == b"\x08\0" and (frame[23], struct.unpack("!H", frame[36:38])[0]) == wanted


class Update(Case):
    def test_every_commit_is_seen_by_the_next_look_up_or_the_engine_says_that_it_can_not(self):
        for engine in engines():
            done = nicemu("bench", "update", "-r", self.rules, self.capture, "--engine", engine,
                          "--runs", "5", "-j")
            if done.returncode == ENVIRONMENT:
                self.assertIn("can't be changed while another thread looks up", done.stderr)
                self.assertEqual(engine, "reference", "an engine that can't: %s" % engine)
                continue
            self.assertEqual(done.returncode, 0, done.stderr)
            document = json.loads(done.stdout)
            Document.check(self, document, {"replay_per_second", "first_pass_per_second",
                                            "replay_spread", "cpu_share", "cache_hits",
                                            "cache_bypassed", "lookup_per_cpu_second",
                                            "replay_per_cpu_second"})
            self.assertGreater(document["sentinel_checks"], 0)
            self.assertEqual(document["sentinel_misses"], 0)
            self.assertEqual((document["cache"], document["cache_bytes"], document["runs"]), (False, 0, 5))
            self.assertEqual([len(document[m + "_runs"]) for m in
                              ("lookup", "updates", "lookup_during_updates")], [5, 5, 5])

    CONTRACT = Document.CONTRACT

    def test_with_one_cpu_it_says_that_the_figures_mean_little(self):
        cpu = min(os.sched_getaffinity(0))
        for words, note in ((("update",), "one CPU"), (("replay", "--jobs", "3"), "3 jobs on 1 CPU")):
            done = nicemu("bench", *words, "-r", self.rules, self.capture, "-j", "--seconds", "0",
                          preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
            self.assertEqual(done.returncode, 0, done.stderr)
            document = json.loads(done.stdout)
            self.assertEqual(document["cpus"], 1)
            self.assertTrue(any(note in n for n in document["notes"]), document["notes"])


class Failures(Case):
    def test_what_can_not_be_measured(self):
        self.fails(ENVIRONMENT, "flow", says="no flow table yet")
        self.fails(ENVIRONMENT, "flow", self.capture, "-j", says="no flow table yet")
        self.fails(USAGE, says="There are: lookup, replay, update\n")
        self.fails(USAGE, "dance", self.capture, says="dance")
        self.fails(USAGE, "lookup", says="no capture")

    def test_an_unknown_engine_is_told_all_names(self):
        self.fails(USAGE, "lookup", "--engine", "magic", self.capture, says="reference")

    def test_wrong_numbers(self):
        for words in (("--runs", "4"), ("--runs", "101"), ("--runs", "many"), ("--seconds", "soon"),
                      ("--seconds", "-1"), ("--jobs", "2"), ("--jobs", "0")):
            self.fails(USAGE, "lookup", self.capture, *words, says=words[0])

    def test_an_unknown_port(self):
        self.fails(USAGE, "lookup", "-p", "eth99", self.capture, says="its ports: eth0")

    def test_a_refused_rule(self):
        bad = self.folder.write("bad.nft", chain(["tcp dport 80 drop", "ct state new drop"]))
        done = nicemu("bench", "lookup", "-r", bad, self.capture)
        self.assertEqual((done.returncode, done.stdout), (REFUSED, ""))
        self.assertIn("ct state new", done.stderr)
        document = self.bench("lookup", "-r", bad, self.capture, status=REFUSED)
        self.assertEqual(list(document), list(Document.CONTRACT))
        self.assertEqual(document["refused"], replay("-r", bad, self.capture)[0]["refused"])
        self.assertIsNone(document["lookup_per_second"])

    def test_a_chain_of_a_device_that_is_no_port_is_refused(self):
        nic = self.folder.write("nic.yaml", "nic: n\nmodel: generic\nports:\n  - name: eth0\n")
        rules = self.folder.write("r.nft", chain(["drop"], devices=("eth9",)))
        document = self.bench("replay", "-n", nic, "-k", "6.18", "-r", rules, self.capture,
                              status=REFUSED)
        report, _ = replay("-n", nic, "-k", "6.18", "-r", rules, self.capture)
        self.assertEqual([r["id"] for r in document["refused"]], ["device-not-a-port"])
        self.assertEqual([(r["rule"], r["errno"]) for r in document["refused"]],
                         [(r["rule"], r["errno"]) for r in report["refused"]])
        self.assertIn("eth9", document["refused"][0]["reason"])

    def test_a_capture_that_breaks_off_is_measured_as_far_as_it_goes(self):
        cut = self.folder.write("cut.pcap", pcap(frames(100))[:-1])
        for kind in ("lookup", "replay"):
            document = self.bench(kind, "-r", self.rules, cut, self.capture, status=INPUT)
            self.assertEqual([c["packets"] for c in document["captures"]], [99, 1000])
            self.assertEqual(document["packets"], 1099)
            self.assertEqual([(e["kind"], e["file"]) for e in document["errors"]], [("input", cut)])
            self.assertGreater(document["replay_per_second"], 0)

    def test_what_is_no_capture(self):
        self.fails(INPUT, "lookup", self.folder.write("x.pcap", "hello, I am text\n" * 9),
                   says="x.pcap")
        self.fails(INPUT, "lookup", self.folder("none.pcap"), says="none.pcap")
        self.fails(INPUT, "lookup", self.folder.path, says="directory")

    def test_a_pipe_can_not_be_read_again(self):
        pipe = self.folder("pipe")
        os.mkfifo(pipe)
        writer = os.open(pipe, os.O_RDWR)
        self.addCleanup(os.close, writer)
        self.fails(USAGE, "lookup", pipe, says="no regular file")


class Running(Case):
    def setUp(self):
        super().setUp()
        self.socket = self.folder("s")
        self.assertEqual(nicemu("start", "--socket", self.socket).returncode, 0)
        self.addCleanup(nicemu, "stop", "--socket", self.socket)
        nicemu("exec", "--socket", self.socket, "--", "nft", "-f", self.rules)

    def state(self):
        shown = [json.loads(nicemu("show", topic, "-j", "--socket", self.socket).stdout)
                 for topic in ("rules", "counters", "nic")]
        for document in shown:
            document.pop("memory", None)  # with what the process has not given back
        return shown

    def test_its_counters_stay_as_they_are(self):
        report, done = replay("--socket", self.socket, self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        before = self.state()
        for kind in ("lookup", "replay"):
            document = self.bench(kind, "--socket", self.socket, self.capture)
            self.assertEqual(document["rules"], len(RULES))
            self.assertEqual(document["matched"],
                             report["packets"] - report["unmatched"]["packets"])
        self.assertEqual(self.state(), before)

    def started(self, *words, until):
        """A bench that will take a while, as soon as it tells a terminal that it does this."""
        terminal, stderr = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([NICEMU, "bench", *words, "--socket", self.socket, "-j"],
                                   stdout=subprocess.PIPE, stderr=stderr, text=True)
        os.close(stderr)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        told, deadline = "", time.time() + 100
        while until not in told and time.time() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                told += os.read(terminal, 4096).decode()
        self.assertIn(until, told)
        return process

    def test_ctrl_c_ends_with_what_there_is(self):
        big = self.folder.write("big.pcap", pcap(frames(2000) * 50))
        for kind, until in (("lookup", "looking up"), ("replay", "replaying")):
            process = self.started(kind, "--runs", "100", big, until=until)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, INTERRUPTED)
            document = json.loads(out)
            self.assertTrue(document["interrupted"])
            self.assertEqual(list(document), list(Document.CONTRACT))
            self.assertLess(document["runs"], 100)

    def test_the_emulator_goes_on_when_the_client_is_killed(self):
        big = self.folder.write("big.pcap", pcap(frames(2000) * 50))
        process = self.started("lookup", "--runs", "100", big, until="looking up")
        busy = nicemu("bench", "replay", "--socket", self.socket, self.capture)
        self.assertEqual(busy.returncode, ENVIRONMENT)
        self.assertIn("busy", busy.stderr)
        process.kill()
        process.communicate()
        for _ in range(200):
            report, done = replay("--socket", self.socket, self.capture)
            if done.returncode == 0:
                break
        self.assertEqual((done.returncode, report["packets"]), (0, 1000), done.stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
