# SPDX-License-Identifier: GPL-2.0-or-later
"""Switchdev: uplink, VFs and their representors, with netdevsim-config/switchdev.yaml."""
import json
import os
import shutil
import unittest

from nicemu import NICEMU, PCAPS, SOURCE, nicemu, skip_suite
from replay_support import Folder, chain, icmp, parse_pcap, pcap, pcapng_packets, replay, tcp, udp

CONFIG = os.path.join(SOURCE, "netdevsim-config")
NIC = os.path.join(CONFIG, "switchdev.yaml")
RULES = os.path.join(CONFIG, "switchdev.nft")
DNS, PING, HTTP = (os.path.join(PCAPS, name + ".pcap") for name in ("dns", "ping", "http"))


def by_name(report):
    return {p["name"]: {side: p[side]["packets"] for side in ("rx", "tx", "host")} for p in report["ports"]}


def frames(path):
    with open(path, "rb") as data:
        return [record[3] for record in parse_pcap(data.read())]


class Switchdev(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def play(self, *words, rules=RULES, nic=NIC):
        report, done = replay("-n", nic, "-r", rules, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return report

    def rule_counts(self, report):
        return {r["comment"]: r["packets"] for r in report["rules"]}

    def write_rules(self, *rules, device="rep0"):
        return self.folder.write("rules.nft", chain(rules, devices=(device,)))

    # What a VF sends

    def test_what_a_vf_sends_meets_the_rules_of_its_representor(self):
        report = self.play("-p", "vf0", PING)
        self.assertEqual(self.rule_counts(report)["vf0 may not ping"], 8)
        self.assertEqual(report["fate"]["drop"]["packets"], 8)
        self.assertEqual([r["port"] for r in report["rules"] if r["packets"]], ["rep0"])

    def test_a_capture_at_the_representor_is_what_its_vf_sent(self):
        of_vf, of_rep = self.play("-p", "vf0", DNS, HTTP), self.play("-p", "rep0", DNS, HTTP)
        self.assertEqual(self.rule_counts(of_vf), self.rule_counts(of_rep))
        self.assertEqual(of_vf["fate"], of_rep["fate"])
        self.assertEqual(by_name(of_vf)["vf0"]["rx"], 105)
        self.assertEqual(by_name(of_rep)["rep0"]["rx"], 105)

    def test_a_vf_meets_no_rules_of_other_representors(self):
        report = self.play("-p", "vf1", PING)
        self.assertEqual(sum(self.rule_counts(report).values()), 0)
        self.assertEqual(by_name(report)["rep1"]["host"], 10)

    def test_the_input_interface_of_what_a_vf_sends_is_its_representor(self):
        for device, packets in (("rep0", 10), ("vf0", 0)):
            rules = self.write_rules("iif \"%s\" counter drop" % device)
            self.assertEqual(self.play("-p", "vf0", PING, rules=rules)["fate"]["drop"]["packets"], packets, device)

    def test_a_pf_can_have_a_representor_too(self):
        nic = self.folder.write("nic.yaml", "nic: n\nports:\n- {name: host0, kind: pf}\n"
                                            "- {name: rep, kind: representor, represents: host0}\n- {name: up}\n")
        rules = self.folder.write("r.nft", chain(["ip protocol icmp fwd to \"rep\""], devices=("up",)))
        report = self.play("-p", "up", PING, "-p", "host0", PING, rules=rules, nic=nic)
        self.assertEqual(by_name(report), {"host0": {"rx": 10, "tx": 8, "host": 0}, "rep": {"rx": 0, "tx": 0, "host": 10},
                                           "up": {"rx": 10, "tx": 0, "host": 2}})

    def test_a_bench_looks_up_where_the_replay_does(self):
        done = nicemu("bench", "lookup", "-j", "--runs", "5", "--seconds", "1", "-n", NIC, "-r", RULES, "-p", "vf0", HTTP)
        self.assertEqual(done.returncode, 0, done.stderr)
        matched = sum(r["packets"] for r in self.play("-p", "vf0", HTTP)["rules"])
        self.assertGreater(matched, 0)
        self.assertEqual(json.loads(done.stdout)["matched"], matched)

    # Where what no rule takes comes out

    def test_a_miss_of_a_vf_comes_out_at_its_representor(self):
        report = self.play("-p", "vf0", PING, "-w", "host=" + self.folder("host.pcap"))
        self.assertEqual(by_name(report)["rep0"], {"rx": 0, "tx": 0, "host": 2})
        self.assertEqual(by_name(report)["vf0"], {"rx": 10, "tx": 0, "host": 0})
        self.assertEqual(len(frames(self.folder("host.pcap"))), 2)

    def test_a_miss_of_the_uplink_comes_out_at_the_uplink(self):
        report = self.play("-p", "up0", PING)
        self.assertEqual(by_name(report)["up0"], {"rx": 10, "tx": 0, "host": 6})

    def test_a_rule_that_accepts_passes_to_the_representor(self):
        rules = self.write_rules("ip protocol icmp counter accept")
        report = self.play("-p", "vf0", PING, rules=rules)
        self.assertEqual(by_name(report)["rep0"]["host"], 10)
        self.assertEqual(report["unmatched"]["packets"], 2)

    def test_merged_captures_are_told_apart(self):
        report = self.play("--merge", "-p", "vf0", PING, "-p", "up0", HTTP, "-p", "vf1", DNS)
        ports = by_name(report)
        self.assertEqual({name: ports[name]["rx"] for name in ("vf0", "up0", "vf1")}, {"vf0": 10, "up0": 64, "vf1": 41})
        alone = [by_name(self.play("-p", *words)) for words in (("vf0", PING), ("up0", HTTP), ("vf1", DNS))]
        for name in ("rep0", "up0", "rep1"):
            self.assertEqual(ports[name]["host"], sum(p[name]["host"] for p in alone), name)
        self.assertEqual(sum(p["host"] for p in ports.values()), report["fate"]["host"]["packets"])

    # What is sent to a representor

    def test_what_is_redirected_to_a_representor_is_delivered_to_its_vf(self):
        report = self.play("-p", "vf0", DNS, "-w", "vf1=" + self.folder("vf1.pcap"))
        count = self.rule_counts(report)["vf1 is its name server"]
        self.assertGreater(count, 0)
        self.assertEqual(by_name(report)["vf1"]["tx"], count)
        self.assertEqual(by_name(report)["rep1"]["tx"], 0)
        wanted = [f for f in frames(DNS) if f[12:14] == b"\x08\x00" and f[23] == 17 and f[36:38] == b"\0\x35"]
        wanted += [f for f in frames(DNS) if f[12:14] == b"\x86\xdd" and f[20] == 17 and f[56:58] == b"\0\x35"]
        self.assertEqual(sorted(frames(self.folder("vf1.pcap"))), sorted(wanted))

    def test_what_the_uplink_sends_to_a_representor_is_delivered_to_its_vf(self):
        report = self.play("-p", "up0", HTTP, "-w", "vf0=" + self.folder("vf0.pcap"))
        count = self.rule_counts(report)["vf0's address"]
        self.assertEqual(count, len([f for f in frames(HTTP) if f[12:14] == b"\x08\x00" and f[30:34] == b"\x0a\0\0\1"]))
        self.assertEqual(by_name(report)["vf0"]["tx"], count)
        self.assertEqual(len(frames(self.folder("vf0.pcap"))), count)

    def test_a_vf_reaches_the_outside_and_a_copy_goes_to_another_vf(self):
        report = self.play("-p", "vf0", HTTP, "-w", "up0=" + self.folder("up0.pcap"), "-w", "vf1=" + self.folder("vf1.pcap"))
        count = self.rule_counts(report)["to the outside, with a copy for vf1"]
        self.assertGreater(count, 0)
        self.assertEqual(by_name(report)["up0"]["tx"], count)
        self.assertEqual(by_name(report)["vf1"]["tx"], count)
        self.assertEqual(report["mirrored"]["packets"], count)
        self.assertEqual(frames(self.folder("up0.pcap")), frames(self.folder("vf1.pcap")))

    def test_the_comments_name_representor_and_vf(self):
        self.play("-p", "vf0", DNS, "-w", "all=" + self.folder("all.pcapng"))
        comments = [p[2] for p in pcapng_packets(self.folder.read("all.pcapng"))]
        self.assertEqual(len(comments), 41)
        self.assertTrue(any("redirected to vf1" in c and c.startswith("rep0: ") for c in comments), comments)

    def test_explain_says_what_the_replay_counts_and_what_software_would_do(self):
        demo = os.path.join(PCAPS, "demo.pcap")
        done = nicemu("explain", "-j", "-n", NIC, "-r", RULES, "-p", "vf0", "--packet", "all", demo)
        self.assertEqual(done.returncode, 0, done.stderr)
        packets = [json.loads(line) for line in done.stdout.splitlines()]
        fates = self.play("-p", "vf0", demo)["fate"]
        for fate in ("drop", "redirect", "host"):
            self.assertEqual(len([p for p in packets if p["verdict"]["fate"] == fate]), fates[fate]["packets"], fate)
        redirected = [p for p in packets if p["verdict"]["fate"] == "redirect"]
        self.assertEqual({p["verdict"]["port"] for p in redirected}, {"vf1", "up0"})
        self.assertEqual([p["difference"] for p in redirected if p["difference"]], [])

    # What is refused

    def refused(self, rules, *words):
        report, done = replay("-n", NIC, "-r", rules, *words, PING)
        self.assertEqual(done.returncode, 1, done.stderr)
        return report["refused"]

    def test_rules_on_a_vf_that_has_a_representor_are_refused(self):
        refused, = self.refused(self.write_rules("ip protocol icmp drop", device="vf0"))
        self.assertEqual((refused["id"], refused["errno"], refused["layer"]), ("port-is-represented", "EOPNOTSUPP", "model"))
        self.assertIn("rep0", refused["hint"])

    def test_rules_on_a_pf_without_representor_are_taken(self):
        report = self.play("-p", "pf0", PING, rules=self.write_rules("ip protocol icmp drop", device="pf0"))
        self.assertEqual(report["fate"]["drop"]["packets"], 8)
        self.assertEqual(by_name(report)["pf0"]["host"], 2)

    def test_sending_to_a_vf_itself_is_refused(self):
        for statement in ("fwd to \"vf1\"", "dup to \"vf1\""):
            refused, = self.refused(self.write_rules("ip protocol icmp " + statement))
            self.assertEqual(refused["id"], "target-is-represented")
            self.assertIn("rep1", refused["hint"])

    def test_a_rule_for_a_port_that_the_nic_does_not_have_lists_the_ports(self):
        refused = self.refused(self.write_rules("ip protocol icmp drop", device="rep7"))[0]
        self.assertEqual(refused["errno"], "ENOENT")
        self.assertRegex(refused["reason"], "up0.*pf0.*vf0.*vf1.*rep0.*rep1")

    def test_an_output_of_a_representor_says_where_its_packets_go(self):
        _, done = replay("-n", NIC, "-r", RULES, "-p", "vf0", PING, "-w", "rep1=" + self.folder("x.pcap"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("-w vf1=FILE", done.stderr)

    # What else there is

    def test_a_model_without_switchdev_knows_no_representors(self):
        with open(os.path.join(CONFIG, "models", "generic.yaml")) as file:
            text = file.read()
        self.folder.write("plain.yaml", text.replace("switchdev: yes", "switchdev: no").replace("model: generic", "model: plain").replace("status: own", "status: read"))
        with open(NIC) as file:
            nic = self.folder.write("nic.yaml", file.read().replace("model: generic", "model: plain.yaml"))
        rules = self.write_rules("ip protocol icmp counter drop", device="vf0")
        report = self.play("-p", "vf0", PING, rules=rules, nic=nic)
        self.assertEqual(report["model"], "plain")
        self.assertEqual(report["fate"]["drop"]["packets"], 8)
        self.assertEqual(by_name(report)["vf0"]["host"], 2)
        report = self.play("-p", "vf0", PING, nic=nic)
        self.assertEqual(report["fate"]["drop"]["packets"], 0)

    def test_what_is_sent_to_the_representor_of_a_vf_that_is_gone_is_dropped(self):
        script = ("nft -f %s && %s replay -j -p vf0 %s && ip link del vf1 && %s replay -j -p vf0 %s"
                  % (RULES, NICEMU, DNS, NICEMU, DNS))
        done = nicemu("exec", "-n", NIC, "--", "sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        decoder, text = json.JSONDecoder(), done.stdout
        before, end = decoder.raw_decode(text)
        after, _ = decoder.raw_decode(text[end:].lstrip())
        self.assertGreater(by_name(before)["vf1"]["tx"], 0)
        self.assertEqual(after["fate"]["drop"]["packets"], before["fate"]["redirect"]["packets"])
        self.assertEqual(after["fate"]["redirect"]["packets"], 0)

    def test_the_lint_finds_what_goes_back_to_its_vf_and_nothing_in_the_example(self):
        for target, wanted in (("rep0", {"sent-back"}), ("rep1", set()), (None, set())):
            rules = self.write_rules('ip protocol icmp fwd to "%s"' % target) if target else RULES
            done = nicemu("check", "-j", "-n", NIC, rules)
            found = {finding["id"] for finding in json.loads(done.stdout)["runs"][0]["lint"]}
            self.assertEqual(found & {"sent-back", "action-differs"}, wanted, done.stdout)

    def test_show_nic_tells_who_represents_whom(self):
        ports = {p["name"]: p for p in json.loads(nicemu("show", "nic", "-j", "-n", NIC).stdout)["ports"]}
        self.assertEqual({n: p["represents"] for n, p in ports.items() if p["represents"]}, {"rep0": "vf0", "rep1": "vf1"})
        self.assertTrue(all(p["hw_tc_offload"] for p in ports.values()))
        self.assertRegex(nicemu("show", "nic", "-n", NIC).stdout, r"(?m)^rep1 .* represents vf1$")

    def test_the_table_says_where_packets_came_out(self):
        done = nicemu("replay", "-n", NIC, "-r", RULES, "-p", "vf0", PING)
        self.assertRegex(done.stdout, r"(?m)^port .* host packets$")
        self.assertRegex(done.stdout, r"(?m)^rep0 .* 2$")

    def test_made_frames_take_every_way(self):
        made = [icmp("10.0.0.1", "10.0.0.2"), udp("10.0.0.1", "10.0.0.2", 999, 53), udp("10.0.0.1", "10.0.0.2", 999, 54),
                tcp("10.0.0.1", "10.0.0.2", 999, 80), tcp("10.0.0.3", "10.0.0.2", 999, 80)]
        report = self.play("-p", "vf0", self.folder.write("made.pcap", pcap(made)))
        self.assertEqual({name: fate["packets"] for name, fate in report["fate"].items()}, {"drop": 1, "redirect": 2, "host": 2})
        ports = by_name(report)
        self.assertEqual((ports["vf1"]["tx"], ports["up0"]["tx"], ports["rep0"]["host"]), (2, 1, 2))

    def test_several_jobs_count_the_same(self):
        one, three = (self.play("-p", "vf0", DNS, HTTP, "-p", "up0", HTTP, "--jobs", jobs) for jobs in ("1", "3"))
        self.assertEqual(by_name(one), by_name(three))

    def test_counters_of_the_emulator_have_it_too(self):
        script = "%s replay -q -p vf0 %s >/dev/null && %s show counters -j" % (NICEMU, PING, NICEMU)
        done = nicemu("exec", "-n", NIC, "-r", RULES, "--", "sh", "-c", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(by_name(json.loads(done.stdout))["rep0"]["host"], 2)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
