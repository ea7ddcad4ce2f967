#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What nicemu/packet/dissect.h says that software sees, asked of the running kernel.

Each frame goes into a netdev ingress chain in a network namespace of its own, where every question
below is a rule with a counter; the rules that counted are compared with those written here.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import unittest

import nicemu

QUESTIONS = {
    "ip": "meta protocol ip", "ip6": "meta protocol ip6", "802_2": "meta protocol 0x0004",
    "vlan": "meta protocol 0x8100", "pppoe": "meta protocol 0x8864", "9100": "meta protocol 0x9100",
    "type-0004": "ether type 0x0004", "type-8100": "ether type 0x8100",
    "type-88a8": "ether type 0x88a8", "type-8864": "ether type 0x8864",
    "saddr": "ip saddr 10.0.0.1", "saddr6": "ip6 saddr 2001:db8::1",
    "tcp": "meta l4proto tcp", "udp": "meta l4proto udp", "ah": "meta l4proto 51",
    "dstopts": "meta l4proto 60", "dport-53": "udp dport 53", "dport-80": "tcp dport 80",
    "ip-protocol": "ip protocol udp", "nexthdr": "ip6 nexthdr udp",
}

ETH = "0200000000b1" "0200000000a1"
UDP = "d431" "0035" "0008" "0000"
TCP = "d431" "0050" "00000001" "00000002" "5018" "ffff" "0000" "0000"


def ip4(total, fragment="0000", protocol="11", first="45"):
    return first + "00" + total + "0001" + fragment + "40" + protocol + "0000" + "0a000001" "0a000002"


def ip6(payload, next_header, first="6"):
    return (first + "0000000" + payload + next_header + "40" + "20010db8" + "0" * 22 + "01" +
            "20010db8" + "0" * 22 + "02")


FRAMES = [
    ("plain IPv4", ETH + "0800" + ip4("001c") + UDP, "ip saddr udp dport-53 ip-protocol"),
    ("plain IPv6", ETH + "86dd" + ip6("0008", "11") + UDP, "ip6 saddr6 udp dport-53 nexthdr"),
    ("one tag: the type is the inner one, a load sees the tag",
     ETH + "8100" "0005" "0800" + ip4("001c") + UDP, "ip type-8100 saddr udp dport-53 ip-protocol"),
    ("two tags: the type is the second tag's, nothing of L3 or L4 matches",
     ETH + "88a8" "0005" "8100" "0006" "0800" + ip4("001c") + UDP, "vlan type-88a8"),
    ("0x9100 is no tag", ETH + "9100" "0005" "0800" + ip4("001c") + UDP, "9100"),
    ("802.3: 0x0004, a load sees the length", ETH + "0003" "424203", "802_2"),
    ("802.3 of length 4", ETH + "0004" "42420300", "802_2 type-0004"),
    ("PPPoE: the type stays, no address or port", ETH + "8864" "11000042001e0021" + ip4("001c") + UDP,
     "pppoe type-8864"),
    ("first fragment", ETH + "0800" + ip4("001c", "2000") + UDP, "ip saddr udp dport-53 ip-protocol"),
    ("first IPv6 fragment", ETH + "86dd" + ip6("0010", "2c") + "1100000100000001" + UDP,
     "ip6 saddr6 udp dport-53"),
    ("hop-by-hop: l4proto is the last header, nexthdr the first",
     ETH + "86dd" + ip6("0010", "00") + "1100010400000000" + UDP, "ip6 saddr6 udp dport-53"),
    ("l4proto stops at AH", ETH + "86dd" + ip6("0014", "33") + "1101" "0000" "0000000100000001" + UDP,
     "ip6 saddr6 ah"),
    ("a later IPv6 fragment of an extension header has no l4proto",
     ETH + "86dd" + ip6("0010", "2c") + "3c0005a800000001" + UDP, "ip6 saddr6"),
    ("an extension header beyond the payload is not looked at",
     ETH + "86dd" + ip6("0004", "00") + "1100010400000000" + UDP, "ip6 saddr6 udp dport-53"),
    ("IPv4, version 5", ETH + "0800" + ip4("001c", first="55") + UDP, "ip saddr ip-protocol"),
    ("IPv4, ihl 4", ETH + "0800" + ip4("001c", first="44") + UDP, "ip saddr ip-protocol"),
    ("IPv4, total beyond the frame", ETH + "0800" + ip4("001d") + UDP, "ip saddr ip-protocol"),
    ("IPv4, total below the header", ETH + "0800" + ip4("0013") + UDP, "ip saddr ip-protocol"),
    ("IPv6, version 4", ETH + "86dd" + ip6("0008", "11", "4") + UDP, "ip6 saddr6 nexthdr"),
    ("IPv6, payload beyond the frame", ETH + "86dd" + ip6("0009", "11") + UDP, "ip6 saddr6 nexthdr"),
    ("TCP behind the total length", ETH + "0800" + ip4("0014", protocol="06") + TCP,
     "ip saddr tcp dport-80"),
    ("TCP offset 4", ETH + "0800" + ip4("0028", protocol="06") + TCP.replace("5018", "4018"),
     "ip saddr tcp dport-80"),
    ("UDP length 7", ETH + "0800" + ip4("001c") + UDP.replace("0008", "0007"),
     "ip saddr udp dport-53 ip-protocol"),
    ("a load matches in a header that is not all there",
     ETH + "0800" + ip4("001c")[:32], "ip saddr ip-protocol"),
]


class SoftwareView(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for words in (["ip", "link", "add", "va", "type", "veth", "peer", "name", "vb", "address",
                       "02:00:00:00:00:b1"],
                      ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"],
                      ["ip", "link", "set", "va", "up"], ["ip", "link", "set", "vb", "up"]):
            subprocess.run(words, check=True)
        rules = "\n".join(f'{rule} counter comment "{name}"' for name, rule in QUESTIONS.items())
        table = ('table netdev t {\nchain c {\ntype filter hook ingress device "vb" priority 0;\n' +
                 rules + "\n}\n}\n")
        subprocess.run(["nft", "-f", "-"], input=table, text=True, check=True)
        cls.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        cls.link.bind(("va", 0))

    def counts(self):
        text = nicemu.run("nft", "-j", "list", "table", "netdev", "t").stdout
        rules = [item["rule"] for item in json.loads(text)["nftables"] if "rule" in item]
        return {rule["comment"]: expression["counter"]["packets"]
                for rule in rules for expression in rule["expr"] if "counter" in expression}

    def test_the_running_kernel_sees_what_the_header_says(self):
        for name, frame, expected in FRAMES:
            with self.subTest(name):
                before = self.counts()
                self.link.send(bytes.fromhex(frame))
                after = self.counts()
                counted = [question for question in QUESTIONS if after[question] > before[question]]
                self.assertEqual(sorted(counted), sorted(expected.split()), frame)


def in_namespace():
    """Start again inside a new network namespace, or skip."""
    missing = [tool for tool in ("unshare", "ip", "nft", "sysctl") if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        nicemu.skip_suite(f"needs {', '.join(missing) or 'root'}")
    if nicemu.run("unshare", "-n", "nft", "list", "tables").returncode:
        nicemu.skip_suite("no network namespace with nf_tables can be made here")
    words = ["unshare", "-n", sys.executable, "-B", os.path.abspath(__file__), "--inside"]
    sys.exit(subprocess.run(words, check=False).returncode)


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        in_namespace()
    sys.argv.remove("--inside")
    unittest.main()
