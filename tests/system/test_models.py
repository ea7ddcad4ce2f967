# SPDX-License-Identifier: GPL-2.0-or-later
"""What the models do to real nft rules and real packets: too many, too few, other counters, no room."""
import json
import os
import re
import tempfile
import unittest

from nicemu import NICEMU, nicemu, write_temporary
from replay_support import ethernet, ipv4, pcap, tcp, udp

CHAIN = """table netdev t {
	chain c {
		type filter hook ingress %s priority 10; flags offload;
%s	}
}
"""


def rules_file(*rules, devices=("eth0",)):
    device = "device " + devices[0] if len(devices) == 1 else "devices = { %s }" % ", ".join(devices)
    return write_temporary(CHAIN % (device, "".join("\t\t%s\n" % rule for rule in rules)))


def ipv6(source):
    import ipaddress
    header = b"\x60\0\0\0\0\0\x3b\x40" + ipaddress.ip_address(source).packed + ipaddress.ip_address("2001:db8::ff").packed
    return ethernet(header, 0x86dd)


class WithPackets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def replay(self, model, rules, frames, *options):
        """The report of a replay on eth0."""
        capture = os.path.join(self.folder.name, "in.pcap")
        with open(capture, "wb") as f:
            f.write(pcap(frames))
        done = nicemu("replay", "-j", "-m", model, *options, "-r", rules, "-p", "eth0", capture)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def dropped(self, model, rule, frames):
        """Which of the frames the rule takes, as a list of 0 and 1."""
        taken = []
        for frame in frames:
            report = self.replay(model, rules_file(rule), [frame])
            self.assertEqual(report["refused"], [], rule)
            taken.append(report["fate"]["drop"]["packets"])
        return taken


class TooMany(WithPackets):
    """Drivers that do not look at all of a rule: packets that it does not mean are dropped."""

    def test_stmmac_does_not_look_at_a_protocol_without_ports(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1, 80), udp("10.0.0.1", "10.0.0.9", 1, 53), udp("10.0.0.2", "10.0.0.9", 1, 53)]
        rule = "ip protocol tcp ip saddr 10.0.0.1 drop"
        self.assertEqual(self.dropped("stmmac", rule, frames), [1, 1, 0])
        self.assertEqual(self.dropped("generic", rule, frames), [1, 0, 0])

    def test_stmmac_programs_one_port_of_two(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1000, 80), tcp("10.0.0.1", "10.0.0.9", 2000, 80)]
        rule = "tcp sport & 0xffff == 1000 tcp dport 80 drop"
        self.assertEqual(self.dropped("stmmac", rule, frames), [1, 1])
        self.assertEqual(self.dropped("generic", rule, frames), [1, 0])

    def test_dpaa2_switch_drops_all_of_ipv6(self):
        frames = [ipv6("2001:db8::1"), ipv6("2001:db8::2"), tcp("10.0.0.1", "10.0.0.9", 1, 80)]
        self.assertEqual(self.dropped("dpaa2-switch", "ip6 saddr 2001:db8::1 drop", frames), [1, 1, 0])
        self.assertEqual(self.dropped("generic", "ip6 saddr 2001:db8::1 drop", frames), [1, 0, 0])

    def test_ocelot_has_no_ports_without_an_ip_protocol(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1, 80), udp("10.0.0.1", "10.0.0.9", 1, 53), ethernet(b"", 0x0806)]
        self.assertEqual(self.dropped("ocelot", "tcp dport 80 drop", frames), [1, 1, 1])
        self.assertEqual(self.dropped("ocelot", "meta protocol ip tcp dport 80 drop", frames), [1, 0, 0])
        self.assertEqual(self.dropped("generic", "tcp dport 80 drop", frames), [1, 0, 0])

    def test_ocelot_does_not_look_at_ip_beside_a_mac_address(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1, 80), tcp("10.0.0.2", "10.0.0.9", 1, 80)]
        rule = "ip saddr 10.0.0.1 ether saddr 02:00:00:00:00:99 drop"
        self.assertEqual(self.dropped("ocelot", rule, frames), [1, 1])
        self.assertEqual(self.dropped("generic", rule, frames), [1, 0])


class TooFew(WithPackets):
    def test_stmmac_compares_whole_addresses(self):
        frames = [tcp("10.0.0.0", "10.0.0.9", 1, 80), tcp("10.1.2.3", "10.0.0.9", 1, 80)]
        self.assertEqual(self.dropped("stmmac", "ip saddr 10.0.0.0/8 drop", frames), [1, 0])
        self.assertEqual(self.dropped("generic", "ip saddr 10.0.0.0/8 drop", frames), [1, 1])

    def test_stmmac_takes_rules_that_no_packet_meets(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1, 80)]
        self.assertEqual(self.dropped("stmmac", "ip protocol tcp drop", frames), [0])
        self.assertEqual(self.dropped("generic", "ip protocol tcp drop", frames), [1])

    def test_stmmac_does_not_redirect(self):
        report = self.replay("stmmac", rules_file("ip saddr 10.0.0.1 fwd to eth1"), [tcp("10.0.0.1", "10.0.0.9", 1, 80)], "--port", "eth1")
        self.assertEqual((report["refused"], report["fate"]["redirect"]["packets"], report["fate"]["host"]["packets"]), ([], 0, 1))


class Counters(WithPackets):
    """What nft lists after two packets of 60 bytes."""

    def listed(self, model):
        capture = os.path.join(self.folder.name, "in.pcap")
        with open(capture, "wb") as f:
            f.write(pcap([tcp("10.0.0.1", "10.0.0.9", 1, 80)] * 2))
        done = nicemu("exec", "-q", "-m", model, "--", "bash", "-c",
                      'nft -f "$0" && "$1" replay -q -p eth0 "$2" >/dev/null && nft list ruleset',
                      rules_file("ip saddr 10.0.0.1 counter drop"), NICEMU, capture)
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.search(r"counter (packets \d+ bytes \d+)", done.stdout).group(1)

    def test_ocelot_counts_packets_and_no_bytes(self):
        self.assertEqual(self.listed("ocelot"), "packets 2 bytes 0")

    def test_stmmac_and_dpaa2_switch_count_nothing(self):
        for model in ("stmmac", "dpaa2-switch"):
            self.assertEqual(self.listed(model), "packets 0 bytes 0", model)

    def test_generic_counts_both(self):
        self.assertEqual(self.listed("generic"), "packets 2 bytes 120")


class Room(WithPackets):
    def refused(self, model, *rules, devices=("eth0",)):
        return self.replay(model, rules_file(*rules, devices=devices), [tcp("10.0.0.1", "10.0.0.9", 1, 80)])["refused"]

    def test_dpaa2_switch_has_room_for_fifteen(self):
        rules = ["ip saddr 10.0.0.%d drop" % i for i in range(1, 17)]
        self.assertEqual(self.refused("dpaa2-switch", *rules[:15]), [])
        last, = self.refused("dpaa2-switch", *rules)
        self.assertEqual((last["errno"], last["layer"]), ("ENOMEM", "capacity"))
        self.assertIn("Maximum filter capacity reached", last["reason"])

    def test_dpaa2_switch_moves_the_entries_in_front_of_a_new_one(self):
        rules = rules_file(*("ip saddr 10.0.0.%d drop" % i for i in range(1, 5)))
        done = nicemu("exec", "-m", "dpaa2-switch", "-r", rules, "--", NICEMU, "show", "tcam", "-j")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual([rule["moves"] for rule in document["rules"]], [0, 1, 2, 3])
        self.assertEqual(document["tables"][0]["insertion"], "shifts-before")

    def test_ocelot_has_room_for_two_half_keys_a_row_however_many_ports(self):
        rules = ["ip saddr 10.0.%d.%d drop" % (i // 100, i % 100) for i in range(129)]
        self.assertEqual(self.refused("ocelot", *rules[:128], devices=("eth0", "eth1", "eth2")), [])
        last, = self.refused("ocelot", *rules)
        self.assertEqual((last["errno"], last["layer"]), ("ENOSPC", "capacity"))

    def test_a_second_chain_on_a_port_is_busy_or_another_place_in_the_order(self):
        frames = [tcp("10.0.0.1", "10.0.0.9", 1, 80), tcp("10.0.0.2", "10.0.0.9", 1, 80)]
        rules = write_temporary("".join(
            "table netdev t%d {\n chain c {\n  type filter hook ingress device eth0 priority %d; flags offload;\n"
            "  ip saddr 10.0.0.%s\n }\n}\n" % row for row in ((1, 20, "0/24 drop"), (2, 10, "1 fwd to eth1"))))
        done = nicemu("exec", "-m", "ocelot", "--", "nft", "-f", rules)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Device or resource busy", done.stderr)
        fate = self.replay("dpaa2-switch", rules, frames)["fate"]
        self.assertEqual((fate["redirect"]["packets"], fate["drop"]["packets"]), (1, 1))

    def test_hns3_has_one_rule_a_chain(self):
        first = "ip saddr 10.0.0.1 drop"
        self.assertEqual(self.refused("hns3", first), [])
        second, = self.refused("hns3", first, "ip saddr 10.0.0.2 drop")
        self.assertEqual((second["id"], second["errno"]), ("hns3:priority-used", "EINVAL"))

    def test_ocelot_cannot_have_arp_beside_ip(self):
        second, = self.refused("ocelot", "ip saddr 10.0.0.1 drop", "meta protocol arp drop")
        self.assertEqual((second["id"], second["errno"]), ("ocelot:arp-beside-ip", "EBUSY"))
        self.assertEqual(self.refused("ocelot", "ip saddr 10.0.0.1 drop", "ether type 0x88cc drop"), [])


class Nothing(unittest.TestCase):
    """A NIC without offload: since 5.19 a kernel says so at the chain, before at commit."""

    def load(self, kernel):
        return nicemu("exec", "-m", "none", "-k", kernel, "--", "nft", "-f", rules_file("drop"))

    def test_it_is_refused_at_the_chain(self):
        done = self.load("6.12")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r":2:8-8: Error: Could not process rule: Operation not supported")
        self.assertIn("device-without-offload", done.stderr)

    def test_it_is_refused_at_commit_by_old_kernels(self):
        done = self.load("5.4")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r":1:1-2: Error: Could not process rule: Operation not supported")
        self.assertIn("device-without-offload", done.stderr)

    def test_drivers_that_choose_queues_only_take_the_chain_and_no_rule(self):
        for model, errno in (("i40e", "EOPNOTSUPP"), ("igb", "EINVAL")):
            done = nicemu("exec", "-m", model, "--", "nft", "-f", rules_file("drop"))
            self.assertIn("%s, model: %s:needs-traffic-class" % (errno, model), done.stderr)
            self.assertEqual(nicemu("exec", "-m", model, "--", "nft", "-f", rules_file()).returncode, 0)


if __name__ == "__main__":
    unittest.main()
