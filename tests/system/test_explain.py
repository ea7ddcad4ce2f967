# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu explain: its verdict is replay's for every packet, and each part of the tree says what is so."""
import glob
import ipaddress
import json
import os
import re
import shutil
import struct
import subprocess
import time
import unittest

from nicemu import NICEMU, PCAPS, RULES, SHARED_PCAPS, SOURCE, nicemu, skip_suite, write_temporary
from replay_support import Folder, chain, ethernet, icmp, ipv4, pcap, pcapng_packets, replay, tcp, udp

COMMENT = re.compile(r"\S+: (dropped|redirected to (\S+?)|passed to the host)((?:, copied to [^,;]+)*); "
                     r"(?:no rule matched|\w+ (\S+) \S+ handle (\d+))")
FATES = {"dropped": "drop", "passed to the host": "host"}


def explain(*words, **more):
    """(documents, finished process) of nicemu explain -j."""
    done = nicemu("explain", "-j", *words, **more)
    several = "--packet" in words and not str(words[words.index("--packet") + 1]).isdigit()
    if not done.stdout.strip():
        return [], done
    return ([json.loads(line) for line in done.stdout.splitlines()] if several else [json.loads(done.stdout)]), done


def fate_of_comment(comment):
    found = COMMENT.match(comment)
    fate, port, copies, table, handle = found.groups()
    return (FATES.get(fate, "redirect"), port, re.findall(r"copied to ([^,;]+)", copies), table,
            int(handle) if handle else None)


def fate_of_explanation(document):
    verdict = document["verdict"]
    rule = verdict["rule"] or {"table": None, "handle": None}
    return verdict["fate"], verdict["port"], verdict["copies"], rule["table"], rule["handle"]


def captures(folder):
    return sorted(f for f in glob.glob(os.path.join(folder, "*cap*")) if os.path.isfile(f))


# Every kind of field, overlapping, with equal and different priorities, every action.
MIXED = chain([
    "ip saddr 10.0.0.0/8 tcp dport 443 accept",
    "ip daddr 10.0.0.2 dup to eth2",
    "tcp dport 80 fwd to eth1", "tcp dport 8080 fwd to eth1",
    "udp dport 53 drop",
    "udp sport 53 fwd to eth3",
    "ip6 saddr fe80::/10 drop",
    "ip protocol icmp ip saddr 10.0.0.1 accept",
    "ip protocol tcp ether saddr 02:00:00:00:00:01 drop",
    "vlan id 10 accept",
    "meta l4proto tcp drop",
    "ip protocol udp drop"], priority=5) + chain(["ip protocol 1 drop"], devices=["eth1"], name="other")
EVERYTHING_ELSE = chain(["ip saddr 0.0.0.0/1 accept", "ip protocol tcp drop", "ip6 nexthdr tcp fwd to eth1",
                         "ether type arp drop"])


class SameAsReplay(unittest.TestCase):
    def compare(self, capture, words, where):
        """How many packets; the same good part is read of a capture with a fault."""
        with Folder() as folder:
            played = nicemu("replay", *words, capture, "-w", "all=" + folder("all.pcapng"))
            documents, done = explain(*words, "--nearest", "1", "--packet", "all", capture)
            self.assertIn(played.returncode, (0, 3), (where, played.stderr))
            if not os.path.exists(folder("all.pcapng")):
                self.assertEqual(done.returncode, 3, (where, done.stderr))
                return 0
            wanted = [fate_of_comment(comment) for _, _, comment, _ in pcapng_packets(folder.read("all.pcapng"))]
        self.assertEqual(done.returncode, played.returncode if wanted else 1, (where, done.stderr))
        self.assertEqual(len(documents), len(wanted), where)
        for document, fate in zip(documents, wanted):
            self.assertEqual(fate_of_explanation(document), fate,
                             "%s packet %d" % (where, document["packet"]["number"]))
            difference = document["difference"]
            self.assertTrue(difference is None or difference["reasons"],
                            "%s packet %d: it is not known why software does otherwise"
                            % (where, document["packet"]["number"]))
        return len(wanted)

    def over_captures(self, folder, rules, least):
        count = 0
        for capture in captures(folder):
            with self.subTest(capture):
                count += self.compare(capture, ["-r", rules], capture)
        self.assertGreaterEqual(count, least)

    def test_verdicts_are_replays_for_every_packet_of_the_samples(self):
        for rules in (write_temporary(MIXED), write_temporary(EVERYTHING_ELSE), os.path.join(RULES, "demo.nft")):
            self.over_captures(PCAPS, rules, 500)

    def test_verdicts_are_replays_for_every_packet_of_other_peoples_captures(self):
        if not os.path.isdir(SHARED_PCAPS):
            self.skipTest("%s is missing" % SHARED_PCAPS)
        for text in (MIXED, EVERYTHING_ELSE):
            self.over_captures(SHARED_PCAPS, write_temporary(text), 5000)

    def test_verdicts_are_replays_with_every_model_that_takes_the_rules(self):
        rulesets = [write_temporary(chain(rules)) for rules in (
            ["ip saddr 10.0.0.1 ip protocol tcp drop", "ip saddr 10.0.0.2 ip protocol udp drop"],
            ["ether type ip drop"], ["ip protocol icmp accept", "ip protocol tcp drop"],
            ["ether daddr 02:00:00:00:00:01 drop"], ["ip daddr 10.0.0.2 drop", "ip saddr 10.0.0.0/8 fwd to eth1"],
            ["ip saddr 10.0.0.1 ip daddr 10.0.0.2 tcp sport 8080 tcp dport 8080 drop", "tcp dport 8080 drop"])]
        models = [m["name"] for m in json.loads(nicemu("show", "model", "-j").stdout)["models"]]
        taken = set()
        for model in models:
            for rules in rulesets:
                words = ["-m", model, "-r", rules]
                if nicemu("replay", *words, os.path.join(PCAPS, "ping.pcap")).returncode:
                    continue
                for name in ("demo.pcap", "fragments.pcap", "qinq.pcapng"):
                    with self.subTest(model=model, capture=name):
                        self.compare(os.path.join(PCAPS, name), words, (model, name))
                taken.add(model)
        self.assertGreaterEqual(len(taken), 5, "models that took one of the rulesets: %s of %s" % (taken, models))


def ipv6(payload, next_header, source="2001:db8::1", target="2001:db8::2"):
    return ethernet(struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64)
                    + ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed + payload, 0x86dd)


def fragment(offset, protocol, payload):
    header = bytearray(ipv4("10.0.0.1", "10.0.0.2", protocol, payload))
    header[6:8] = struct.pack("!H", offset // 8)
    return ethernet(bytes(header))


def tagged(frame, *tags):
    return frame[:12] + b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags) + frame[12:]


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.folder.__enter__()
        self.addCleanup(self.folder.__exit__)

    def ask(self, rules, frames, *words, **more):
        """The document of one packet."""
        rules = self.folder.write("rules.nft", rules if isinstance(rules, str) else chain(rules))
        documents, done = explain("-r", rules, *words, self.folder.write("in.pcap", pcap(frames, **more)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return documents[0]

    def test_the_packet_is_told_as_the_capture_has_it(self):
        document = self.ask(["drop"], [udp("10.0.0.1", "10.0.0.2", 1, 2, b"x" * 40)] * 2, "--packet", "2", snap=50)
        packet = document["packet"]
        self.assertEqual((packet["number"], packet["port"], packet["length"], packet["captured"], packet["flags"]),
                         (2, "eth0", 82, 50, ["truncated"]))
        self.assertEqual(packet["time"], "1700000001.000001000")
        self.assertEqual(packet["bytes"][:12], "020000000001")

    def test_each_field_of_the_key_has_its_bytes(self):
        frame = tagged(tcp("10.0.0.1", "10.0.0.2", 1000, 80), 0x200a)
        fields = {f["name"]: f for f in self.ask(["drop"], [frame])["key"]["fields"]}
        for name, offset, data, value in (
                ("eth_addrs.src", 6, "020000000099", "02:00:00:00:00:99"), ("vlan.vlan_tpid", 12, "8100", "0x8100"),
                ("vlan.vlan_tci", 14, "200a", "0x200a (vlan_id 10, dei 0, priority 1)"),
                ("basic.n_proto", 16, "0800", "0x0800"), ("basic.ip_proto", 27, "06", "6"),
                ("ipv4_addrs.dst", 34, "0a000002", "10.0.0.2"), ("ports.dst", 40, "0050", "80")):
            with self.subTest(name):
                field = fields[name]
                self.assertEqual((field["offset"], field["bytes"], field["value"]), (offset, data, value))
                self.assertEqual(frame[offset:offset + field["length"]].hex(), data)
        self.assertIsNone(fields["meta.ingress_ifindex"]["offset"])
        self.assertEqual((fields["tcp.flags"]["first_bit"], fields["tcp.flags"]["bits"]), (4, 12))

    def test_the_parser_says_where_and_why_it_stops(self):
        key = self.ask(["drop"], [fragment(800, 17, b"\0" * 32)])["key"]
        self.assertEqual((key["end"], key["unread"]), (34, 32))
        self.assertIn("later fragment", key["stop"])
        key = self.ask(["drop"], [udp("10.0.0.1", "10.0.0.2", 1, 2)], snap=30)["key"]
        self.assertEqual((key["end"], key["stop"]), (14, "the captured bytes end inside of this header"))

    def test_an_entry_that_fails_says_the_first_field_with_value_mask_and_wanted(self):
        cases = (
            ("tcp dport 443 drop", "value", "ports.dst", "80", "0xffff", "443"),
            ("ip saddr 192.168.0.0/16 drop", "value", "ipv4_addrs.src", "10.0.0.1", "255.255.0.0", "192.168.0.0"),
            ("ip6 saddr 2001:db8::/32 drop", "value", "basic.n_proto", "0x0800", "0xffff", "0x86dd"),
            ("vlan id 7 drop", "absent", "vlan.vlan_id", None, "0xfff", "7"),
            ("udp dport 80 drop", "value", "basic.ip_proto", "6", "0xff", "17"))
        for rule, kind, field, value, mask, wanted in cases:
            with self.subTest(rule):
                document = self.ask([rule], [tcp("10.0.0.1", "10.0.0.2", 1000, 80)])
                first = document["candidates"]["shown"][0]["first_failed"]
                self.assertEqual((first["kind"], first["field"], first["value"], first["mask"], first["wanted"]),
                                 (kind, field, value, mask, wanted))
                self.assertFalse(document["candidates"]["shown"][0]["matches"])

    def test_entries_are_shown_in_order_the_nearest_ones_and_the_winner(self):
        rules = ["ip saddr 10.9.9.%d tcp dport %d drop" % (i, 80 if i == 15 else 1000 + i) for i in range(1, 20)]
        rules.append("ip daddr 10.0.0.2 accept")
        frame = tcp("10.0.0.1", "10.0.0.2", 1000, 80)
        candidates = self.ask(rules, [frame], "--nearest", "3")["candidates"]
        self.assertEqual((candidates["entries"], candidates["before_the_winner"]), (20, 19))
        places = [c["place"] for c in candidates["shown"]]
        self.assertEqual(places, [1, 2, 15, 20])
        self.assertEqual([c["failed"] for c in candidates["shown"]], [2, 2, 1, 0])
        self.assertTrue(candidates["shown"][-1]["matches"])
        self.assertEqual(len(self.ask(rules, [frame])["candidates"]["shown"]), 11)
        self.assertEqual(len(self.ask(rules, [frame], "--all")["candidates"]["shown"]), 20)
        self.assertEqual(len(self.ask(rules, [frame], "--nearest", "0")["candidates"]["shown"]), 1)

    def test_entries_of_other_ports_are_counted_and_shown_only_with_all(self):
        rules = chain(["tcp dport 80 drop"]) + chain(["tcp dport 80 drop"], devices=["eth1"], name="d")
        frames = [tcp("10.0.0.1", "10.0.0.2", 1, 80)]
        candidates = self.ask(rules, frames, "-p", "eth1")["candidates"]
        self.assertEqual((candidates["of_other_ports"], len(candidates["shown"])), (1, 1))
        shown = self.ask(rules, frames, "-p", "eth1", "--all")["candidates"]["shown"]
        other = next(c for c in shown if not c["matches"])["first_failed"]
        self.assertEqual((other["kind"], other["value"], other["wanted"]), ("port", "eth1", "eth0"))

    def test_the_winner_is_told_with_its_rule_and_why_it_and_not_another(self):
        verdict = self.ask(['tcp dport 80 drop comment "web"', "ip daddr 10.0.0.2 accept"],
                           [tcp("10.0.0.1", "10.0.0.2", 1, 80)])["verdict"]
        self.assertEqual(verdict["fate"], "drop")
        self.assertEqual((verdict["rule"]["rule"], verdict["rule"]["comment"], verdict["rule"]["file"]),
                         ("tcp dport 80 drop", "web", self.folder("rules.nft")))
        self.assertIn("came first", verdict["why"])
        self.assertEqual([o["rule"]["rule"] for o in verdict["also_matching"]], ["ip daddr 10.0.0.2 accept"])
        alone = self.ask(["tcp dport 80 drop", "udp dport 80 drop"], [tcp("10.0.0.1", "10.0.0.2", 1, 80)])["verdict"]
        self.assertEqual((alone["why"], alone["matching"]), ("it is the only entry that matches", 1))

    def test_each_rule_is_told_with_the_file_it_came_from(self):
        first = self.folder.write("first.nft", chain(["udp dport 53 drop"]))
        second = self.folder.write("second.nft", "add rule netdev t c tcp dport 80 drop\n")
        capture = self.folder.write("in.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)]))
        documents, done = explain("-r", first, "-r", second, capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([c["rule"]["file"] for c in documents[0]["candidates"]["shown"]], [first, second])

    def test_without_a_match_the_packet_goes_to_the_host(self):
        document = self.ask(["tcp dport 80 drop"], [icmp("10.0.0.1", "10.0.0.2")])
        verdict = document["verdict"]
        self.assertEqual((verdict["fate"], verdict["matched"], verdict["rule"], verdict["place"]),
                         ("host", False, None, None))
        self.assertEqual(document["host"], {"sees": True, "port": "eth0", "again": False})
        self.assertEqual(document["actions"], [])

    def test_actions_copies_and_the_unchanged_frame(self):
        document = self.ask(["tcp dport 80 dup to eth2 fwd to eth1"], [tcp("10.0.0.1", "10.0.0.2", 1, 80)])
        self.assertEqual([(a["id"], a["port"]) for a in document["actions"]],
                         [("MIRRED", "eth2"), ("REDIRECT", "eth1")])
        self.assertEqual((document["verdict"]["port"], document["verdict"]["copies"]), ("eth1", ["eth2"]))
        self.assertEqual((document["frame"]["changed"], document["frame"]["changes"]), (False, []))
        self.assertEqual(document["host"], {"sees": False, "port": None, "again": False})

    def test_a_rule_that_accepts_runs_again_in_the_host(self):
        web = [tcp("10.0.0.1", "10.0.0.2", 1, 80)]
        for rule, again in (("tcp dport 80 counter accept", True), ("tcp dport 80 dup to eth1", True),
                            ("tcp dport 80 counter drop", False), ("tcp dport 81 counter accept", False)):
            with self.subTest(rule):
                self.assertEqual(self.ask([rule], web)["host"]["again"], again)

    def test_nothing_is_counted(self):
        rules = self.folder.write("rules.nft", chain(["ip protocol tcp counter drop"]))
        capture = self.folder.write("in.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)]))
        done = nicemu("exec", "-r", rules, "--", "sh", "-c",
                      "nicemu replay -q %s >&2; nicemu explain --packet all %s >&2; nft list ruleset;"
                      "nicemu show counters -j" % (capture, capture),
                      env=dict(os.environ, PATH=os.path.dirname(NICEMU) + ":" + os.environ["PATH"]))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("counter packets 1 bytes 60", done.stdout)
        self.assertIn("matches, priority 10", done.stderr)

    def test_software_that_agrees_leaves_no_difference(self):
        document = self.ask(["tcp dport 80 fwd to eth1"], [tcp("10.0.0.1", "10.0.0.2", 1, 80)])
        self.assertEqual((document["software"]["verdict"], document["software"]["port"]), ("forward", "eth1"))
        self.assertIsNone(document["difference"])

    def test_what_a_model_makes_of_a_rule_is_told(self):
        rule = ["ip saddr 10.0.0.1 ip protocol tcp drop"]
        ping = icmp("10.0.0.1", "10.0.0.2")
        ignores = self.ask(rule, [ping], "-m", "stmmac")
        self.assertIn("basic.ip_proto", ignores["verdict"]["not_asked"])
        self.assertEqual([r["id"] for r in ignores["difference"]["reasons"]], ["model-ignores"])
        web = tagged(tcp("10.0.0.1", "10.0.0.2", 1, 80), 5)
        adds = self.ask(["ip protocol tcp drop"], [web], "-m", "mlx5")
        self.assertEqual(adds["candidates"]["shown"][0]["first_failed"]["kind"], "present")
        self.assertEqual([r["id"] for r in adds["difference"]["reasons"]], ["model-adds"])
        plain = self.ask(["ip protocol tcp drop"], [tcp("10.0.0.1", "10.0.0.2", 1, 80)], "-m", "mlx5")
        self.assertEqual(plain["verdict"]["asked_besides"], ["no VLAN"])
        self.assertEqual([(t["name"], t["asked"]) for t in plain["tables"]], [("ft", False), ("fdb", True)])

    def test_what_a_vf_sends_is_explained_at_its_representor(self):
        config = os.path.join(SOURCE, "netdevsim-config")
        with open(os.path.join(config, "switchdev.nft")) as rules:
            document = self.ask(rules.read(), [tcp("10.0.0.1", "10.0.0.2", 1, 80)], "-p", "vf0",
                                "-n", os.path.join(config, "switchdev.yaml"))
        self.assertEqual((document["packet"]["port"], document["packet"]["sent_by"]), ("rep0", "vf0"))
        fate = document["verdict"]["fate"]
        self.assertEqual(document["host"], {"sees": fate == "host", "again": False,
                                            "port": "rep0" if fate == "host" else None})

    def arrival_only(self):
        """Like generic, and the table does not look at the priority: the model's file."""
        with open(os.path.join(SOURCE, "netdevsim-config", "models", "generic.yaml")) as file:
            text = file.read().replace("model: generic", "model: arrival").replace("status: own", "status: read")
            return write_temporary(text.replace("order: priority-arrival", "order: arrival"), ".yaml")

    def test_an_order_that_a_model_does_not_keep_is_told(self):
        arrival = self.arrival_only()
        rules = ["ip saddr 10.0.0.1 ip protocol tcp drop", "ip protocol tcp drop"]
        why = {model: self.ask(rules, [tcp("10.0.0.1", "10.0.0.2", 1, 80)], "-m", model)["verdict"]["why"]
               for model in ("generic", "mlx5", "ice", arrival)}
        self.assertRegex(why["generic"], "with the same priority 10, it came first$")
        self.assertRegex(why["mlx5"], "the hardware can take any of them$")
        self.assertRegex(why["ice"], "which one the hardware takes is not known$")
        self.assertRegex(why[arrival], "does not look at the priority$")

    def test_of_many_rules_software_shows_the_first_the_last_and_the_nics(self):
        rules = ["ip saddr 10.9.9.%d drop" % i for i in range(50)]
        rules[30] = "ip saddr 10.0.0.1 tcp dport 80 drop"
        software = self.ask(rules + ["udp dport 5 drop"], [icmp("10.0.0.1", "10.0.0.2")])["software"]
        self.assertEqual((len(software["steps"]), software["steps_left_out"], software["left_out_behind"]), (20, 31, 10))
        shown = [step["rule"]["rule"] for step in software["steps"]]
        self.assertEqual(shown, rules[:10] + rules[41:] + ["udp dport 5 drop"])
        self.assertIsNone(software["nics_rule"])
        software = self.ask(rules, [tagged(tcp("10.0.0.1", "10.0.0.2", 1, 80), 1, 2)])["software"]
        self.assertEqual((software["nics_rule"]["rule"]["rule"], software["nics_rule"]["matched"]), (rules[30], False))
        self.assertEqual(len(self.ask(rules, [icmp("10.0.0.1", "10.0.0.2")], "--all")["software"]["steps"]), 50)

    def test_copies_that_software_makes_and_the_nic_does_not_are_a_difference(self):
        rules = ["ip saddr 10.0.0.1 dup to eth1", "tcp dport 80 dup to eth2 accept"]
        difference = self.ask(rules, [tcp("10.0.0.1", "10.0.0.2", 1, 80)])["difference"]
        self.assertEqual((difference["fate"], difference["rule"], difference["copies"]), (False, True, True))
        self.assertEqual([r["id"] for r in difference["reasons"]], ["copy-decides"])
        self.assertIsNone(self.ask(["tcp dport 80 dup to eth2 dup to eth1 drop"],
                                   [tcp("10.0.0.1", "10.0.0.2", 1, 80)])["difference"])

    def test_a_rule_that_is_not_in_the_nic_decides_in_software(self):
        rules = chain(["udp dport 53 drop"]) + chain(["tcp dport 80 drop"], flags="", priority=20, name="soft")
        document = self.ask(rules, [tcp("10.0.0.1", "10.0.0.2", 1, 80)])
        self.assertEqual([r["id"] for r in document["difference"]["reasons"]], ["not-offloaded"])
        self.assertEqual(document["software"]["rule"]["chain"], "soft")

    def test_what_software_does_not_interpret_is_named(self):
        rules = chain(["udp dport 53 drop"]) + chain(["ct state new drop"], flags="", priority=20, name="soft")
        rules = rules.replace("ct state new", "meta cpu 0")
        document = self.ask(rules, [tcp("10.0.0.1", "10.0.0.2", 1, 80)])
        self.assertEqual(document["software"]["verdict"], "not interpreted")
        self.assertEqual(document["software"]["not_interpreted"], "meta")
        self.assertIsNone(document["difference"])

    def test_without_rules_the_key_is_told_all_the_same(self):
        capture = self.folder.write("in.pcap", pcap([tcp("10.0.0.1", "10.0.0.2", 1, 80)]))
        documents, done = explain(capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(documents[0]["candidates"]["entries"], 0)
        self.assertEqual(documents[0]["verdict"]["why"], "the port has no entries")


def pppoe(frame):
    return (frame[:12] + struct.pack("!HHHHH", 0x8864, 0x1100, 7, len(frame) - 12, 0x0021) + frame[14:])


def claims(frame, total):
    """An IPv4 frame whose header says another total length."""
    return frame[:16] + struct.pack("!H", total) + frame[18:]


WEB = tcp("10.0.0.1", "10.0.0.2", 1, 80)
SOFT = {"flags": "", "priority": 20, "name": "soft"}
HOP_BY_HOP = bytes([17, 0, 1, 4, 0, 0, 0, 0]) + struct.pack("!HHHH", 1, 53, 8, 0)

INET = """table inet i {
	chain in { type filter hook ingress device "eth0" priority 20; }
}
"""

# id: (rules, of one file or of several, frame, words, fate in the NIC, verdict of software); as in the table.
DIFFERENCES = {
    "link-layer": (chain(["tcp dport 80 accept"]), WEB[:13], [], "host", "drop"),
    "inet-header": (chain(["tcp dport 80 accept"]) + INET, claims(WEB, 1000), [], "host", "drop"),
    "not-offloaded": (chain(["udp dport 53 drop"]) + chain(["tcp dport 80 drop"], **SOFT), WEB, [], "host", "drop"),
    "policy-drop": (chain(["udp dport 53 drop"]) + chain([], **SOFT).replace("20;", "20; policy drop;"), WEB, [],
                    "host", "drop"),
    "later-fragment": (chain(["udp dport 53 drop"]), fragment(800, 17, struct.pack("!HHHH", 1, 53, 8, 0)), [],
                       "host", "drop"),
    "two-tags": (chain(["ip saddr 10.0.0.1 drop"]), tagged(WEB, 5, 6), [], "drop", "accept"),
    "tag-and-type": (chain(["ether type ip drop"]), tagged(WEB, 5), [], "drop", "accept"),
    "ieee-802-3": (chain(["meta protocol 4 drop"]), ethernet(b"BB\3" + bytes(43), 46), [], "host", "drop"),
    "pppoe": (chain(["ip saddr 10.0.0.1 drop"]), pppoe(WEB), [], "drop", "accept"),
    "extension-headers": (chain(["ip6 nexthdr udp drop"]), ipv6(HOP_BY_HOP, 0), [], "drop", "accept"),
    "malformed": (chain(["ip protocol tcp drop"]), claims(WEB, 1000), [], "host", "drop"),
    "cut-header": (chain(["ip saddr 10.0.0.1 drop"]), WEB[:30], [], "host", "drop"),
    "copy-decides": (chain(["ip saddr 10.0.0.1 dup to eth1", "tcp dport 80 drop"]), WEB, [], "host", "drop"),
    "accept-ends-one-chain": (chain(["tcp dport 80 accept"]) + chain(["ip saddr 10.0.0.1 drop"], **SOFT), WEB, [],
                              "host", "drop"),
    # A rule that is added behind another one stands there in software, and comes last to hardware.
    "order": ([chain(["tcp dport 99 drop", "ip saddr 10.0.0.1 accept"]),
               "add rule netdev t c handle 2 tcp dport 80 drop\n"], WEB, [], "host", "drop"),
    "model-ignores": (chain(["ip saddr 10.0.0.1 ip protocol tcp drop"]), icmp("10.0.0.1", "10.0.0.2"),
                      ["-m", "stmmac"], "drop", "accept"),
    "model-adds": (chain(["ip protocol tcp drop"]), tagged(WEB, 5), ["-m", "mlx5"], "host", "drop"),
    "model-actions": (chain(["tcp dport 80 fwd to eth1"]), WEB, ["-m", "stmmac"], "host", "forward"),
}


class Differences(unittest.TestCase):
    """Each reason why software does otherwise, caused by rules and a frame."""

    def ask(self, folder, rules, frame, *words):
        files = [folder.write("%d.nft" % i, text) for i, text in
                 enumerate([rules] if isinstance(rules, str) else rules)]
        return explain(*words, *(word for file in files for word in ("-r", file)),
                       folder.write("in.pcap", pcap([frame])))

    def test_each_is_told_where_it_sets_them_apart(self):
        with Folder() as folder:
            for name, (rules, frame, words, fate, software) in DIFFERENCES.items():
                with self.subTest(name):
                    documents, done = self.ask(folder, rules, frame, *words)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    document = documents[0]
                    self.assertEqual((document["verdict"]["fate"], document["software"]["verdict"]), (fate, software))
                    self.assertIn(name, [r["id"] for r in document["difference"]["reasons"]])
                    self.assertTrue(document["difference"]["fate"])

    def test_there_is_one_for_every_id_of_the_table(self):
        with open(os.path.join(SOURCE, "emu", "report", "explain_differ.c")) as source:
            table = source.read().split("} explanations[] = {")[1].split("\n};")[0]
        self.assertEqual(re.findall(r'\{"([a-z0-9-]+)", ', table), list(DIFFERENCES))

    def test_newer_kernels_look_into_sessions_that_the_nic_does_not_take(self):
        frame = pppoe(WEB).replace(b"\x88\x64\x11", b"\x88\x64\x21")
        with Folder() as folder:
            documents, done = self.ask(folder, chain(["ip saddr 10.0.0.1 drop"]), frame, "-k", "7.2")
        self.assertEqual(done.returncode, 0, done.stderr)
        document, = documents
        self.assertEqual((document["verdict"]["fate"], document["software"]["verdict"]), ("host", "drop"))
        self.assertEqual([r["id"] for r in document["difference"]["reasons"]], ["pppoe"])

    def test_a_drop_without_a_rule_says_so(self):
        with Folder() as folder:
            for name in ("link-layer", "inet-header"):
                rules, frame, words = DIFFERENCES[name][:3]
                done = nicemu("explain", *words, "-r", folder.write("r.nft", rules),
                              folder.write("in.pcap", pcap([frame])))
                self.assertIn("\n  drop, before a rule is asked\n", done.stdout)

    def test_a_mirror_that_takes_the_packet_is_the_model_s_doing(self):
        nic = os.path.join(SOURCE, "netdevsim-config", "switchdev.yaml")
        with Folder() as folder:
            documents, done = self.ask(folder, chain(["ip saddr 10.0.0.1 dup to rep1"], devices=("rep0",)), WEB,
                                       "-p", "vf0", "-n", nic, "-m", "mlx5")
        self.assertEqual(done.returncode, 0, done.stderr)
        document, = documents
        self.assertEqual((document["verdict"]["fate"], document["software"]["verdict"]), ("redirect", "accept"))
        self.assertIn("model-actions", [r["id"] for r in document["difference"]["reasons"]])

    def test_actions_that_are_carried_out_are_not_the_reason(self):
        with Folder() as folder:
            documents, done = self.ask(folder, chain(["ip saddr 10.0.0.1 dup to eth1", "tcp dport 80 drop"]), WEB)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([r["id"] for r in documents[0]["difference"]["reasons"]], ["copy-decides"])

    def test_what_the_host_sees_ends_as_software_says(self):
        with Folder() as folder:
            for name, outcome in (("later-fragment", False), ("two-tags", True), ("copy-decides", True),
                                  ("model-actions", False)):
                rules, frame, words = DIFFERENCES[name][:3]
                documents, _ = self.ask(folder, rules, frame, *words)
                self.assertEqual(documents[0]["difference"]["outcome"], outcome, name)

    def test_what_was_warned_of_is_told_in_the_words_of_the_warning(self):
        with Folder() as folder:
            documents, done = self.ask(folder, chain(["ip saddr 10.0.0.9 ip saddr 10.0.0.1 drop"]), WEB)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((documents[0]["verdict"]["fate"], documents[0]["software"]["verdict"]), ("drop", "accept"))
        self.assertEqual([r["id"] for r in documents[0]["difference"]["reasons"]], ["field-matched-twice"])


class Words(unittest.TestCase):
    """What is asked wrongly, and what can't be read."""

    def setUp(self):
        self.folder = Folder()
        self.folder.__enter__()
        self.addCleanup(self.folder.__exit__)
        frames = [tcp("10.0.0.1", "10.0.0.2", 1, 80), udp("10.0.0.1", "10.0.0.2", 1, 53), icmp("10.0.0.1", "10.0.0.2")]
        self.capture = self.folder.write("in.pcap", pcap(frames))

    def fails(self, status, pattern, *words):
        done = nicemu("explain", *words)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(done.stdout, "")

    def test_a_number_beyond_the_capture_says_how_many_there_are(self):
        self.fails(2, r"no packet 4: \S+ has 3", "--packet", "4", self.capture)
        self.fails(2, r"no packet 7: \S+ has 3", "--packet", "7-9", self.capture)

    def test_numbers_that_are_none(self):
        for word in ("0", "x", "3-1", "-1", "1-", "1-x", "", "1-2-3"):
            with self.subTest(word):
                self.fails(2, "--packet takes a number", "--packet", word, self.capture)

    def test_a_filter_picks_the_first_packet_that_it_takes(self):
        documents, _ = explain("--filter", "udp", self.capture)
        self.assertEqual(documents[0]["packet"]["number"], 2)
        documents, _ = explain("--filter", "ip", "--packet", "2-9", self.capture)
        self.assertEqual([d["packet"]["number"] for d in documents], [2, 3])
        self.fails(1, "the filter takes none of the packets 1 to 3", "--filter", "arp", self.capture)
        self.fails(1, "the filter does not take packet 1", "--filter", "arp", "--packet", "1", self.capture)
        self.fails(2, "--filter: ", "--filter", "nonsense here", self.capture)

    def test_a_range_behind_the_end_tells_where_the_capture_ends(self):
        documents, done = explain("--packet", "2-9", self.capture)
        self.assertEqual(([d["packet"]["number"] for d in documents], done.returncode), ([2, 3], 0))
        self.assertIn("in.pcap ends with packet 3", done.stderr)
        for words in (("--packet", "2-3"), ("--packet", "all"), ("-q", "--packet", "2-9")):
            _, done = explain(*words, self.capture)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    def test_a_port_that_is_not_there_lists_those_that_are(self):
        self.fails(2, "no port 'ethx'; its ports: eth0, eth1", "-p", "ethx", self.capture)

    def test_one_capture_is_explained_at_a_time(self):
        self.fails(2, "no capture is given")
        self.fails(2, "one capture", self.capture, self.capture)
        self.fails(2, "stdin", "-r", "-", "-")

    def test_refused_rules_end_it(self):
        rules = self.folder.write("rules.nft", chain(["ip ttl 3 meta mark 5 drop"]))
        done = nicemu("explain", "-r", rules, self.capture)
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_the_good_part_of_a_cut_capture_is_explained(self):
        data = self.folder.read("in.pcap")
        cut = self.folder.write("cut.pcap", data[:-10])
        documents, done = explain("--packet", "all", cut)
        self.assertEqual((done.returncode, len(documents)), (3, 2))
        self.assertIn("offset", done.stderr)
        documents, done = explain("--packet", "2", cut)
        self.assertEqual((done.returncode, len(documents)), (0, 1), done.stderr)
        self.fails(3, "offset", "--packet", "3", cut)

    def test_a_capture_without_packets_says_so(self):
        self.fails(1, "has no packets", self.folder.write("empty.pcap", pcap([])))

    def test_a_capture_can_come_from_a_pipe(self):
        with open(self.capture, "rb") as data:
            done = subprocess.run([NICEMU, "explain", "-j", "--packet", "2", "-"], input=data.read(),
                                  capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        packet = json.loads(done.stdout)["packet"]
        self.assertEqual((packet["file"], packet["number"]), ("-", 2))

    def test_a_reader_that_is_slow_gets_all(self):
        rules = self.folder.write("rules.nft", chain(["ip saddr 10.1.0.%d drop" % i for i in range(100)]))
        capture = self.folder.write("many.pcap", pcap([icmp("10.0.0.1", "10.0.0.2")] * 600))
        with subprocess.Popen([NICEMU, "explain", "-j", "-r", rules, "--all", "--packet", "all", capture],
                              stdout=subprocess.PIPE) as process:
            time.sleep(2)
            numbers = [json.loads(line)["packet"]["number"] for line in process.stdout]
        self.assertEqual(process.returncode, 0)
        self.assertEqual(numbers, list(range(1, 601)))

    def test_text_names_each_part(self):
        rules = self.folder.write("rules.nft", chain(["udp dport 53 drop"]))
        done = nicemu("explain", "-r", rules, "--packet", "1-2", self.capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("packet 1 of ", "packet 2 of ", "key: ", "entries, in the order", "verdict", "actions", "the host",
                     "software path", "ports.dst", "dropped", "passed to the host"):
            self.assertIn(part, done.stdout)
        self.assertNotIn("\033", done.stdout)
        colored = nicemu("explain", "--color=always", "-r", rules, self.capture)
        self.assertIn("\033[1mverdict\033[0m", colored.stdout)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
