# SPDX-License-Identifier: GPL-2.0-or-later
"""NICs with many ports; and clients that receive what is listed a page at a time, as nft lists interfaces."""
import json
import os
import shutil
import time
import unittest

from nicemu import NICEMU, nicemu, skip_suite
from replay_support import Folder, icmp, pcap

RULES = """table netdev t {
	chain c {
		type filter hook ingress device "p0" priority 1; flags offload;
		iif "p0" ip saddr 10.0.0.1 fwd to "%s"
		ip saddr 10.0.0.2 dup to "p1" fwd to "p2"
	}
}
"""
SECONDS = 120  # for one command, also with all the ports there can be: it hangs or it does not

# Lists what there is of one kind, a page at a time, and prints how many messages came and the largest datagram.
LISTER = r"""
import socket, struct, sys
protocol, kind = int(sys.argv[1]), int(sys.argv[2])
body = bytes.fromhex(sys.argv[3])
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
s.bind((0, 0))
s.send(struct.pack("=IHHII", 16 + len(body), kind, 0x301, 1, 0) + body)
count = largest = 0
while True:
    data, _, flags, _ = s.recvmsg(4096)
    if flags & socket.MSG_TRUNC:
        sys.exit("a datagram is longer than a page")
    largest, at = max(largest, len(data)), 0
    while at < len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        if kind == 3:
            print(count, largest)
            sys.exit()
        count, at = count + 1, at + (length + 3 & ~3)
"""
GETLINK, GETRULE, GETSETELEM = 18, 10 << 8 | 7, 10 << 8 | 13


def nic_file(folder, ports):
    return folder.write("n%d.yaml" % ports, "nic: n\nports:\n" + "".join("  - name: p%d\n" % n for n in range(ports)))


class ManyPorts(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("c.pcap", pcap([icmp("10.0.0.1", "10.9.9.9"), icmp("10.0.0.2", "10.9.9.9")]))

    def timed(self, *words):
        start = time.monotonic()
        done = nicemu(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        self.assertLess(time.monotonic() - start, SECONDS)
        return done.stdout

    def replayed(self, *words, ports):
        rules = self.folder.write("r.nft", RULES % ("p%d" % (ports - 1)))
        report = json.loads(self.timed("replay", "-j", *words, "-r", rules, "-p", "p0", self.capture))
        sent = {p["name"]: p["tx"]["packets"] for p in report["ports"] if p["tx"]["packets"]}
        self.assertEqual(sent, {"p1": 1, "p2": 1, "p%d" % (ports - 1): 1})
        found = json.loads(self.timed("check", "-j", *words, rules))
        self.assertEqual(found["runs"][0]["summary"]["offloaded"], 2)
        listed = self.timed("exec", "-q", *words, "-r", rules, "--", "nft", "list", "ruleset")
        self.assertIn('fwd to "p%d"' % (ports - 1), listed)

    def test_rules_that_name_interfaces_load_whatever_the_number_of_ports(self):
        for ports in (4, 18, 19, 20, 21, 512, 4096):
            with self.subTest(ports=ports):
                self.replayed("-n", nic_file(self.folder, ports), ports=ports)

    def test_ports_of_the_command_line_are_as_good_as_those_of_a_file(self):
        self.replayed(*[w for n in range(30) for w in ("--port", "p%d" % n)], ports=30)


class APageAtATime(unittest.TestCase):
    """nothing is listed in datagrams that a client with a page of room would have to cut"""

    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)

    def listed(self, script, *request):
        lister = self.folder.write("lister.py", LISTER)
        done = nicemu("exec", "-q", "-n", nic_file(self.folder, 600), "--", "sh", "-c",
                      "%s && exec /usr/bin/python3 %s %s" % (script, lister, " ".join(map(str, request))))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [int(n) for n in done.stdout.split()]

    def test_interfaces(self):
        count, largest = self.listed("true", 0, GETLINK, "00" * 16)
        self.assertEqual(count, 601)
        self.assertGreater(largest, 3000)

    def test_rules(self):
        rules = self.folder.write("r.nft", "table ip t {\n\tchain c {\n%s\t}\n}\n" % "".join(
            "\t\tip saddr 10.0.0.1 tcp dport %d accept\n" % n for n in range(1, 301)))
        count, largest = self.listed("nft -f " + rules, 12, GETRULE, "00" * 4)
        self.assertEqual(count, 300)
        self.assertGreater(largest, 3000)

    def test_elements_of_a_set(self):
        rules = self.folder.write("r.nft", "table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { %s }\n\t}\n}\n" % ", ".join(
            "10.0.%d.%d" % (n // 250, n % 250) for n in range(1000)))
        names = "06000100" + b"t\0\0\0".hex() + "06000200" + b"s\0\0\0".hex()
        count, largest = self.listed("nft -f " + rules, 12, GETSETELEM, "02000000" + names)
        self.assertGreater(count, 4)
        self.assertGreater(largest, 1000)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
