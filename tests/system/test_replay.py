# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu replay as people type it: options, counts, outputs, the table, the JSON contract."""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import unittest

from nicemu import NICEMU, PCAPS, nicemu, run, skip_suite
from replay_support import (PCAP_MAGIC_NS, START, Folder, chain, ethernet, icmp, parse_pcap, pcap,
                            pcapng_packets, replay, tcp, udp)

RULES = ['ip protocol icmp counter drop comment "no ping"',
         "tcp dport 80 drop",
         "ip saddr 10.0.0.0/8 counter accept"]
FRAMES = [icmp("10.0.0.1", "10.0.0.2"),
          tcp("10.0.0.1", "10.0.0.2", 1000, 80),
          tcp("10.0.0.1", "10.0.0.2", 1000, 81, b"x" * 100),
          udp("192.168.0.1", "10.0.0.2", 53, 53),
          icmp("192.168.0.1", "10.0.0.2")]
SIZE = sum(len(f) for f in FRAMES)


def packets_by_rule(report):
    return {rule["rule"]: rule["packets"] for rule in report["rules"]}


class Counting(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(FRAMES))
        self.rules = self.folder.write("r.nft", chain(RULES))

    def played(self, *words, status=0):
        report, done = replay(*words)
        self.assertEqual(done.returncode, status, done.stderr)
        return report

    def test_rules_count_packets_bytes_and_last_use(self):
        report = self.played("-r", self.rules, self.capture)
        self.assertEqual([(r["rule"], r["packets"], r["bytes"]) for r in report["rules"]],
                         [("ip protocol icmp counter drop", 2, 120),
                          ("tcp dport 80 drop", 1, 60),
                          ("ip saddr 10.0.0.0/8 counter accept", 1, len(FRAMES[2]))])
        self.assertEqual([r["comment"] for r in report["rules"]], ["no ping", None, None])
        self.assertEqual([r["last_used"] for r in report["rules"]],
                         ["%d.000001000" % (START + i) for i in (4, 1, 2)])
        self.assertEqual(report["fate"]["drop"], {"packets": 3, "bytes": 180})
        self.assertEqual(report["fate"]["host"], {"packets": 2, "bytes": SIZE - 180})
        self.assertEqual(report["unmatched"], {"packets": 1, "bytes": 60})
        self.assertEqual((report["packets"], report["bytes"]), (5, SIZE))

    def test_every_key_of_the_contract_is_there_with_its_type(self):
        counter = {"packets": int, "bytes": int}
        contract = {
            "schema_version": int, "generator": str, "nic": str, "model": str, "kernel": str,
            "interrupted": bool,
            "captures": [{"file": str, "port": str, "packets": int, "bytes": int,
                          "truncated": int, "malformed": int}],
            "packets": int, "bytes": int,
            "fate": {"drop": counter, "redirect": counter, "host": counter},
            "mirrored": counter,
            "ports": [{"name": str, "rx": counter, "tx": counter}],
            "rules": [{"family": str, "table": str, "chain": str, "handle": int, "port": str,
                       "priority": int, "rule": str, "comment": (str, type(None)), "in_hw": bool,
                       "packets": int, "bytes": int, "software_packets": int,
                       "software_bytes": int, "last_used": (str, type(None))}],
            "refused": [], "warnings": [],
            "timing": {"elapsed_seconds": float, "packets_per_second": int}}
        report = self.played("-r", self.rules, self.capture)
        self.match(report, contract, "report")
        self.assertEqual(report["schema_version"], 1)
        self.assertRegex(report["generator"], r"^nicemu \d+\.\d+\.\d+$")
        order = [key for key in report if key in contract]
        self.assertEqual(order, list(contract), "the order of the keys")

    def match(self, value, shape, where):
        if isinstance(shape, dict):
            for key in shape:
                self.assertIn(key, value, where)
                self.match(value[key], shape[key], where + "." + key)
        elif isinstance(shape, list):
            self.assertIsInstance(value, list, where)
            if shape:
                self.assertTrue(value, where)
            for item in value if shape else []:
                self.match(item, shape[0], where + "[]")
        else:
            self.assertIsInstance(value, shape, where)

    def test_a_rule_on_two_ports_has_a_record_for_each(self):
        rules = self.folder.write("two.nft", chain(["counter drop"], devices=("eth0", "eth1")))
        report = self.played("-r", rules, self.capture, "-p", "eth1", self.capture, self.capture)
        self.assertEqual(sorted((r["port"], r["packets"]) for r in report["rules"]),
                         [("eth0", 5), ("eth1", 10)])
        self.assertEqual([c["port"] for c in report["captures"]], ["eth0", "eth1", "eth1"])
        self.assertEqual([p["rx"]["packets"] for p in report["ports"][:3]], [5, 10, 0])

    def test_the_default_port_is_that_of_the_first_offload_chain(self):
        rules = self.folder.write("p3.nft", chain(["counter drop"], devices=("eth3",)))
        report = self.played("-r", rules, self.capture)
        self.assertEqual(report["captures"][0]["port"], "eth3")
        self.assertEqual(report["fate"]["drop"]["packets"], 5)

    def test_a_device_that_a_chain_names_becomes_a_port(self):
        rules = self.folder.write("lan.nft", chain(["counter drop"], devices=("lan7",)))
        report = self.played("-r", rules, self.capture)
        self.assertEqual(report["captures"][0]["port"], "lan7")
        self.assertIn("lan7", [p["name"] for p in report["ports"]])

    def test_several_rules_files_are_loaded_in_order(self):
        first = self.folder.write("1.nft", "table netdev t {\n}\n")
        second = self.folder.write("2.nft", chain(["ip protocol icmp counter drop"]))
        third = self.folder.write("3.nft", "add rule netdev t c counter accept\n")
        report = self.played("-r", first, "-r", second, "-r", third, self.capture)
        self.assertEqual(packets_by_rule(report),
                         {"ip protocol icmp counter drop": 2, "counter accept": 3})

    def test_rules_can_come_from_stdin(self):
        done = nicemu("replay", "-j", "-r", "-", self.capture, stdin=chain(RULES))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["fate"]["drop"]["packets"], 3)

    def test_comments_and_quotes_do_not_confuse_the_rule_text(self):
        rules = self.folder.write("q.nft", chain(
            ['ip protocol icmp counter drop comment "a # handle 9 comment {"',
             'tcp dport 80 counter drop comment ""']))
        report = self.played("-r", rules, self.capture)
        self.assertEqual([(r["rule"], r["comment"]) for r in report["rules"]],
                         [("ip protocol icmp counter drop", "a # handle 9 comment {"),
                          ("tcp dport 80 counter drop", "")])

    def test_the_nic_file_names_the_nic(self):
        nic = self.folder.write("n.yaml", 'nic: mine\nmodel: generic\nkernel: "6.12"\n'
                                          "ports:\n  - name: wan\n  - name: lan\n")
        rules = self.folder.write("w.nft", chain(["counter fwd to lan"], devices=("wan",)))
        report = self.played("-n", nic, "-r", rules, self.capture)
        self.assertEqual(report["nic"], "mine")
        self.assertEqual([p["name"] for p in report["ports"]], ["wan", "lan"])
        self.assertEqual(report["fate"]["redirect"]["packets"], 5)
        self.assertEqual(report["ports"][1]["tx"], {"packets": 5, "bytes": SIZE})

    def test_snapped_and_contradicting_packets_are_counted_and_played(self):
        capture = self.folder.write("s.pcap", pcap(FRAMES[:2], snap=40))
        report = self.played(capture)
        self.assertEqual((report["captures"][0]["truncated"], report["bytes"]), (2, 120))
        lying = self.folder.write("l.pcap", pcap(FRAMES[:2], lengths=[40, 60]))
        report = self.played(lying)
        self.assertEqual((report["captures"][0]["malformed"], report["packets"]), (1, 2))
        self.assertEqual(report["bytes"], 100, "bytes are original lengths")

    def test_byte_orders_and_nanoseconds(self):
        for order in "<>":
            for magic in (0xa1b2c3d4, PCAP_MAGIC_NS):
                capture = self.folder.write("o.pcap", pcap(FRAMES, magic=magic, order=order))
                report = self.played("-r", self.rules, capture)
                nanoseconds = "000000001" if magic == PCAP_MAGIC_NS else "000001000"
                self.assertEqual(report["rules"][0]["last_used"],
                                 "%d.%s" % (START + 4, nanoseconds), (order, hex(magic)))

    def test_filter_leaves_packets_out(self):
        report = self.played("--filter", "icmp", "-r", self.rules, self.capture)
        self.assertEqual((report["packets"], report["captures"][0]["filtered"]), (2, 3))

    def test_loop_plays_again_and_later(self):
        report = self.played("--loop", "3", "-r", self.rules, self.capture)
        self.assertEqual(report["packets"], 15)
        self.assertEqual(report["rules"][0]["packets"], 6)
        self.assertGreater(float(report["rules"][0]["last_used"]), START + 12)

    def test_merge_orders_by_time(self):
        late = self.folder.write("late.pcap", pcap(FRAMES[:1], start=START + 100))
        out = self.folder("all.pcapng")
        self.played(late, self.capture, "-w", "all=" + out)
        self.assertEqual(pcapng_packets(self.folder.read("all.pcapng"))[0][1], FRAMES[0])
        self.played("--merge", late, self.capture, "-w", "all=" + out)
        packets = [p[1] for p in pcapng_packets(self.folder.read("all.pcapng"))]
        self.assertEqual(packets, FRAMES + FRAMES[:1])

    def test_captures_come_from_stdin_and_pipes(self):
        with open(self.capture, "rb") as data:
            done = subprocess.run([NICEMU, "replay", "-j", "-"], stdin=data, capture_output=True)
        self.assertEqual(json.loads(done.stdout)["packets"], 5, done.stderr)
        done = subprocess.run("cat %s | %s replay -j -" % (self.capture, NICEMU), shell=True,
                              capture_output=True)
        self.assertEqual(json.loads(done.stdout)["packets"], 5, done.stderr)
        os.mkfifo(self.folder("fifo"))
        writer = subprocess.Popen(["sh", "-c", "cat %s > %s" % (self.capture, self.folder("fifo"))])
        report = self.played(self.folder("fifo"))
        writer.wait()
        self.assertEqual(report["packets"], 5)

    def test_raw_ip_is_taken_with_a_made_up_header(self):
        raw = self.folder.write("raw.pcap", pcap([f[14:] for f in FRAMES], link=101))
        report = self.played("--fake-ethernet", "-r", self.rules, raw)
        self.assertEqual(report["rules"][0]["packets"], 2)
        self.assertEqual(report["bytes"], SIZE)

    def test_one_job_is_fine(self):
        self.assertEqual(self.played("--jobs", "1", self.capture)["packets"], 5)

    def test_reproducible_runs_are_equal_byte_for_byte(self):
        words = ("replay", "-j", "--reproducible", "-r", self.rules, self.capture, "--loop", "5")
        first, second = nicemu(*words), nicemu(*words)
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(first.stdout, second.stdout)
        self.assertEqual(json.loads(first.stdout)["timing"],
                         {"elapsed_seconds": 0.0, "packets_per_second": 0})
        table = nicemu(*[w for w in words if w != "-j"])
        self.assertEqual(table.stdout, nicemu(*[w for w in words if w != "-j"]).stdout)

    def test_a_large_ruleset_and_capture_agree_with_a_simple_count(self):
        rules = ["tcp dport %d counter drop" % port for port in range(1, 301)]
        frames = [tcp("10.0.0.1", "10.0.0.2", 9, 1 + (i * i) % 400) for i in range(3000)]
        expected = {}
        for i in range(3000):
            expected[1 + (i * i) % 400] = expected.get(1 + (i * i) % 400, 0) + 1
        report = self.played("-r", self.folder.write("big.nft", chain(rules)),
                             self.folder.write("big.pcap", pcap(frames, step=0)))
        for rule in report["rules"]:
            port = int(rule["rule"].split()[2])
            self.assertEqual(rule["packets"], expected.get(port, 0), rule)
        matched = sum(r["packets"] for r in report["rules"])
        self.assertEqual(matched + report["unmatched"]["packets"], 3000)
        self.assertEqual(report["retired"]["packets"], 0)

    def test_software_chains_are_warned_about(self):
        rules = self.folder.write("soft.nft", chain(["counter drop"], flags=""))
        report = self.played("-r", rules, self.capture)
        self.assertEqual([w["id"] for w in report["warnings"]], ["not-offloaded"])
        self.assertEqual(report["warnings"][0]["rule"],
                         {"family": "netdev", "table": "t", "chain": "c", "handle": None})
        self.assertEqual(report["rules"], [])


class Outputs(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(FRAMES))
        self.rules = self.folder.write("r.nft", chain([
            "ip protocol icmp counter drop", "tcp dport 80 dup to eth2 counter fwd to eth1",
            "tcp dport 81 counter fwd to eth1"]))

    def write(self, *outputs):
        words = [word for to, name in outputs for word in ("-w", to + "=" + self.folder(name))]
        report, done = replay("-r", self.rules, self.capture, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return report

    def test_each_fate_has_its_file(self):
        report = self.write(("eth1", "1.pcap"), ("eth2", "2.pcap"), ("host", "h.pcap"),
                            ("drop", "d.pcap"))
        frames = lambda name: [r[3] for r in parse_pcap(self.folder.read(name))]
        self.assertEqual(frames("1.pcap"), FRAMES[1:3])
        self.assertEqual(frames("2.pcap"), FRAMES[1:2])
        self.assertEqual(frames("h.pcap"), FRAMES[3:4])
        self.assertEqual(frames("d.pcap"), [FRAMES[0], FRAMES[4]])
        self.assertEqual(report["mirrored"], {"packets": 1, "bytes": 60})
        self.assertEqual(report["fate"]["redirect"]["packets"], 2)
        self.assertEqual(parse_pcap(self.folder.read("1.pcap"))[0][:3], (START + 1, 1000, 60))

    def test_all_says_what_became_of_each_packet(self):
        self.write(("all", "all.pcapng"))
        packets = pcapng_packets(self.folder.read("all.pcapng"))
        comments = [p[2] for p in packets]
        self.assertEqual([p[1] for p in packets], FRAMES)
        handle = r"netdev t c handle \d+: "
        for comment, pattern in zip(comments, [
                r"^eth0: dropped; %sip protocol icmp counter drop; table tcam, priority 10$" % handle,
                r"^eth0: redirected to eth1, copied to eth2; %s" % handle,
                r"^eth0: redirected to eth1; %stcp dport 81" % handle,
                r"^eth0: passed to the host; no rule matched$",
                r"^eth0: dropped; "]):
            self.assertRegex(comment, pattern)

    def test_names_choose_the_format(self):
        self.write(("eth1", "1.pcapng"))
        self.assertEqual(self.folder.read("1.pcapng")[:4], b"\n\r\r\n")
        packet = pcapng_packets(self.folder.read("1.pcapng"))[0]
        self.assertEqual((packet[1], packet[3] & 3), (FRAMES[1], 2), "outgoing")

    def test_stdout_takes_a_capture_and_the_report_goes_to_stderr(self):
        done = subprocess.run([NICEMU, "replay", "-j", "-r", self.rules, self.capture, "-w", "drop=-"],
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([r[3] for r in parse_pcap(done.stdout)], [FRAMES[0], FRAMES[4]])
        self.assertEqual(json.loads(done.stderr)["packets"], 5)

    def test_an_older_longer_file_is_replaced(self):
        self.folder.write("d.pcap", b"x" * 100000)
        self.write(("drop", "d.pcap"))
        self.assertEqual(len(parse_pcap(self.folder.read("d.pcap"))), 2)

    def test_tshark_reads_what_was_written(self):
        if not shutil.which("tshark"):
            self.skipTest("tshark is not installed")
        self.write(("all", "all.pcapng"), ("eth1", "1.pcap"))
        for name, count in (("all.pcapng", 5), ("1.pcap", 2)):
            done = run("tshark", "-r", self.folder(name), "-T", "fields", "-e", "frame.number")
            self.assertEqual(len(done.stdout.split()), count, done.stderr)


class Table(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(FRAMES))
        long_rule = "ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 tcp dport 81 counter drop"
        self.rules = self.folder.write("r.nft", chain(RULES[:2] + [long_rule] + RULES[2:]))
        self.words = ("replay", "-r", self.rules, self.capture)

    def test_it_fits_and_says_what_matters(self):
        done = nicemu(*self.words)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 100, line)
        self.assertRegex(done.stdout, r"2 +120 +40\.0% +22:13:24\.000001 +ip protocol icmp counter drop")
        self.assertRegex(done.stdout, r"1 +60 +20\.0% .*\* tcp dport 80 drop")
        self.assertIn("…", done.stdout)
        self.assertRegex(done.stdout, r"4 +\d+ +80\.0% +dropped")
        self.assertRegex(done.stdout, r"packets/s")
        self.assertEqual(done.stderr, "")

    def test_colour_is_for_terminals_or_on_demand(self):
        self.assertNotIn("\x1b", nicemu(*self.words).stdout)
        self.assertIn("\x1b[", nicemu(*self.words, "--color=always").stdout)

    def test_progress_shows_on_a_terminal_and_is_erased(self):
        self.assertNotIn("\r", nicemu(*self.words).stderr)
        leader, follower = pty.openpty()
        process = subprocess.Popen([NICEMU, "replay", self.capture, "--loop", "300000"],
                                   stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        text = b""
        while True:
            ready = select.select([leader], [], [], 60)[0]
            try:
                data = os.read(leader, 4096) if ready else b""
            except OSError:
                break
            if not data:
                break
            text += data
        os.close(leader)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(text, rb"\r *\d+ %, \d+ packets, \d+ packets/s")
        self.assertTrue(text.endswith(b"\r\x1b[K"), text[-60:])


class RunningEmulator(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("a.pcap", pcap(FRAMES))
        self.rules = self.folder.write("r.nft", chain(RULES))
        self.socket = self.folder("s")
        done = nicemu("start", "--socket", self.socket)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(nicemu, "stop", "--socket", self.socket)

    def test_nft_lists_the_same_counts_and_only_once(self):
        report, done = replay("--socket", self.socket, "-r", self.rules, self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        counted = {r["rule"]: (r["packets"], r["bytes"]) for r in report["rules"]}
        for _ in range(2):
            listing = nicemu("exec", "--socket", self.socket, "--", "nft", "list", "ruleset").stdout
            found = re.findall(r"^\s+(.*)counter packets (\d+) bytes (\d+) (.*?)(?: comment.*)?$",
                               listing, re.M)
            self.assertEqual({"%scounter %s" % (a, d): (int(p), int(b)) for a, p, b, d in found},
                             {rule: count for rule, count in counted.items() if "counter" in rule})

    def test_each_replay_reports_its_own_counts(self):
        replay("--socket", self.socket, "-r", self.rules, self.capture)
        for _ in range(2):
            report, done = replay("--socket", self.socket, self.capture)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([r["packets"] for r in report["rules"]], [2, 1, 1])
            self.assertEqual(report["packets"], 5)
            self.assertEqual(report["ports"][0]["rx"]["packets"], 5)
        listing = nicemu("exec", "--socket", self.socket, "--", "nft", "list", "ruleset").stdout
        self.assertIn("counter packets 6 bytes 360 drop", listing)

    def test_inside_exec_the_emulator_is_found_by_itself(self):
        done = nicemu("exec", "-r", self.rules, "--", "sh", "-c",
                      '"%s" replay "%s" >/dev/null && nft list ruleset' % (NICEMU, self.capture))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("counter packets 2 bytes 120 drop", done.stdout)

    def test_rules_that_are_deleted_meanwhile_are_told_of_as_retired(self):
        nicemu("exec", "--socket", self.socket, "--", "nft", "-f", self.rules)
        process = subprocess.Popen([NICEMU, "replay", "--socket", self.socket, "-j", self.capture,
                                    "--loop", "200000"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        done = nicemu("exec", "--socket", self.socket, "--", "nft", "flush", "chain", "netdev", "t", "c")
        out, err = process.communicate(timeout=100)
        self.assertEqual((done.returncode, process.returncode), (0, 0), done.stderr + err)
        report = json.loads(out)
        self.assertEqual(report["packets"], 1_000_000)
        live = sum(r["packets"] for r in report["rules"])
        self.assertEqual(live + report["retired"]["packets"] + report["unmatched"]["packets"],
                         report["packets"])

    def test_a_second_replay_at_the_same_time_is_refused(self):
        process = subprocess.Popen([NICEMU, "replay", "--socket", self.socket, "-j", "-"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(pcap(FRAMES[:1]))
        process.stdin.flush()
        for _ in range(100):
            counters = json.loads(nicemu("show", "counters", "-j", "--socket", self.socket).stdout)
            if counters["ports"][0]["rx"]["packets"]:
                break
        report, done = replay("--socket", self.socket, self.capture)
        process.stdin.close()
        self.assertEqual((process.wait(timeout=60), done.returncode), (0, 4), done.stderr)
        self.assertIn("busy", done.stderr)
        process.stdout.close()

    def test_options_that_describe_a_nic_are_refused(self):
        done = nicemu("replay", "--socket", self.socket, "-k", "6.1", self.capture)
        self.assertEqual(done.returncode, 2)


class Samples(unittest.TestCase):
    def test_the_sample_captures_are_played_whole(self):
        names = [n for n in sorted(os.listdir(PCAPS))
                 if n.endswith((".pcap", ".pcapng"))] if os.path.isdir(PCAPS) else []
        if not names:
            self.skipTest("there are no sample captures")
        report, done = replay(*[os.path.join(PCAPS, n) for n in names])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sum(c["packets"] for c in report["captures"]), report["packets"])
        for capture in report["captures"]:
            self.assertGreater(capture["packets"], 0, capture)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
