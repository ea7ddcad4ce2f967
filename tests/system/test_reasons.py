# SPDX-License-Identifier: GPL-2.0-or-later
"""Why rules are refused, as it is printed: the match as it was written, and hints that work."""
import os
import re
import shutil
import tempfile
import unittest

from nicemu import nicemu, write_temporary
from replay_support import pcap, replay

CHAIN = """table netdev t {
	set ports { type inet_service; elements = { 80, 443, 1000 } }
	set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1-192.168.0.6 } }
	counter cc { }
	chain r { }
	chain c {
		type filter hook ingress device eth0 priority 1; flags offload;
%s
	}
}
"""
FIRST_LINE = 8

VALUES = {
    "ether saddr": ("02:00:00:00:00:01",), "ether daddr": ("ff:ff:ff:ff:ff:ff",),
    "ether type": ("ip6", "arp", "0x1234", "vlan"),
    "vlan id": ("1", "4095"), "vlan pcp": ("3",), "vlan dei": ("1",), "vlan type": ("ip",),
    "arp operation": ("1",), "arp htype": ("1",), "arp ptype": ("ip",), "arp hlen": ("6",), "arp plen": ("4",),
    "arp saddr ip": ("10.0.0.1",), "arp daddr ip": ("10.0.0.2",), "arp saddr ether": ("02:00:00:00:00:01",),
    "ip saddr": ("10.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.0.0.0/9", "10.1.2.4/30"),
    "ip daddr": ("255.255.255.255",), "ip protocol": ("tcp", "icmp", "200"), "ip ttl": ("5",),
    "ip dscp": ("3", "0x3f"), "ip ecn": ("1",), "ip version": ("4",), "ip hdrlength": ("5",),
    "ip length": ("100",), "ip id": ("7",), "ip frag-off": ("8191",), "ip checksum": ("1",),
    "ip6 saddr": ("2001:db8::1", "2001:db8::/32", "2001:db8::/61"), "ip6 daddr": ("::1", "fe80::/10"),
    "ip6 nexthdr": ("udp",), "ip6 hoplimit": ("1",), "ip6 length": ("9",), "ip6 flowlabel": ("5",),
    "ip6 dscp": ("3",), "ip6 version": ("6",),
    "tcp sport": ("1", "65535"), "tcp dport": ("80",), "tcp sequence": ("4294967295",), "tcp ackseq": ("1",),
    "tcp doff": ("5",), "tcp window": ("9",), "tcp checksum": ("9",), "tcp urgptr": ("9",),
    "udp sport": ("53",), "udp dport": ("53",), "udp length": ("8",), "udp checksum": ("0",),
    "udplite sport": ("53",), "udplite dport": ("53",), "udplite checksum": ("0",),
    "sctp sport": ("1",), "sctp dport": ("2",), "sctp vtag": ("3",), "dccp sport": ("1",), "dccp dport": ("1",),
    "icmp type": ("8",), "icmp code": ("1",), "icmp checksum": ("1",), "icmpv6 type": ("128",), "icmpv6 code": ("1",),
    "igmp type": ("17",), "igmp group": ("5",), "ah spi": ("9",), "ah sequence": ("9",), "esp spi": ("9",),
    "esp sequence": ("9",), "comp cpi": ("9",), "th sport": ("1",), "th dport": ("9",),
    "meta mark": ("0x5", "0xffffffff"), "meta length": ("100",), "meta priority": ("1:2",), "meta protocol": ("ip", "arp"),
    "meta l4proto": ("tcp", "58", "99"), "meta pkttype": ("broadcast", "multicast", "host"), "meta cpu": ("1",),
    "meta skuid": ("0",), "iif": ('"eth0"',), "iifname": ('"eth0"', '"et*"'), "iiftype": ("ether", "loopback"),
    "meta rtclassid": ("1",), "iifgroup": ("1",), "meta cgroup": ("5",),
    "tcp option maxseg size": ("1400",), "tcp option window count": ("7",), "tcp option timestamp tsval": ("1",),
    "frag id": ("9",), "hbh nexthdr": ("6",), "rt type": ("0",), "mh type": ("1",), "dst hdrlength": ("1",),
    "@nh,96,24": ("0x0a0000",), "@ll,8,16": ("0x1234",), "@th,40,32": ("0xffffffff",),
}
FIXED = """tcp flags syn; tcp flags syn,ack; tcp flags == syn; tcp flags & (syn | ack) == syn; tcp flags != fin
ip saddr & 255.0.255.0 == 10.0.5.0; ip saddr & 255.255.0.0 != 10.1.0.0; tcp dport & 0xfff0 != 16; meta mark & 0xff == 0x10
ether daddr & 01:00:00:00:00:00 != 01:00:00:00:00:00; tcp sport 80 tcp dport 81; udp sport 53 udp dport 53
ip saddr 1.1.1.1 ip daddr 2.2.2.2; ether saddr 02:00:00:00:00:01 ether type ip; ip ttl 5 ip protocol tcp
ether daddr 02:00:00:00:00:01 ether saddr 02:00:00:00:00:02; ip6 length 5 ip6 nexthdr tcp
tcp dport { 80, 443 }; ip saddr { 10.0.0.1, 10.0.0.2 }; tcp dport != { 1, 2 }; tcp dport @ports; ip daddr != @nets
ip saddr { 10.0.0.1-10.0.0.9, 192.168.0.0-192.168.255.255 }; vlan id { 1, 2 }; ether saddr { 02:00:00:00:00:01, 02:00:00:00:00:02 }
exthdr frag exists; exthdr hbh missing; limit rate 5/second; limit rate over 10/minute; limit rate 1/hour burst 9 packets; log
log prefix "x"; log group 3; quota over 500 bytes; counter name "cc"; jump r; goto r; return; meta mark set 0x1
numgen inc mod 4 1; numgen random mod 8 3; iifname { "eth0", "eth1" }; fib saddr . iif oif missing; meta priority set 1:1
rt classid 5; tcp option sack-perm exists; ip option ra exists"""


def matches():
    """Each match in forms that are refused: unequal, less, a range, a list; and those of FIXED."""
    for field, values in VALUES.items():
        for value in values:
            yield "%s != %s" % (field, value)
        plain = [v for v in values if v.isdigit() or field.endswith("addr") and "/" not in v]
        if plain and "option" not in field:
            yield "%s > %s" % (field, plain[0])
            yield "%s { %s }" % (field, plain[0])
        if field.split()[-1] in ("saddr", "daddr") and field.startswith("ip "):
            yield "%s 10.0.0.1-10.0.0.9" % field
            yield "%s != 10.0.0.1-10.0.0.9" % field
        elif plain and field.split()[-1] in ("sport", "dport", "ttl", "length", "hoplimit", "sequence", "mark"):
            yield "%s 5-9" % field
            yield "%s != 5-9" % field
    for line in FIXED.splitlines():
        yield from (part.strip() for part in line.split(";"))


def rules_file(rules):
    return write_temporary(CHAIN % "\n".join("\t\t" + with_verdict(rule) for rule in rules))


def known(rules):
    """Those that this nft can parse."""
    def good(some):
        done = nicemu("exec", "-q", "--", "nft", "--debug=netlink", "-f", rules_file(some))
        return "Could not process" in done.stderr or done.returncode == 0, done

    while rules:
        done = good(rules)[1]
        bad = {int(n) for n in re.findall(r":(\d+):[-0-9]*: Error: (?!Could not process)", done.stderr)}
        if not bad:
            return rules
        rules = [r for i, r in enumerate(rules) if i + FIRST_LINE not in bad]
    return rules


def with_verdict(rule):
    return rule if re.search(r"\b(accept|drop|jump|goto|return)\b", rule) else rule + " drop"


def refusals(rules, *options):
    """{rule: record} of those that are refused."""
    report, done = replay(*options, "-r", rules_file(rules), EMPTY.name)
    return {rules[r["line"] - FIRST_LINE]: r for r in report["refused"]
            if r["line"] and 0 <= r["line"] - FIRST_LINE < len(rules)}, done


def bytecode(rule):
    done = nicemu("exec", "-q", "--", "nft", "--debug=netlink", "-f", rules_file([rule]))
    lines = [re.sub(r"__(set|map)\d+", r"__\1", line.strip()) for line in done.stdout.splitlines()]
    return [line for line in lines if line.startswith(("[", "element"))]


class Empty:
    def __init__(self):
        self.handle = tempfile.NamedTemporaryFile(suffix=".pcap")
        self.handle.write(pcap([]))
        self.handle.flush()
        self.name = self.handle.name


EMPTY = Empty()


class Expressions(unittest.TestCase):
    def test_what_is_printed_is_what_was_written(self):
        """nft makes the same bytecode of the printed expression as of the refused match."""
        rules = known(sorted(set(matches())))
        self.assertGreater(len(rules), 200)
        refused, _ = refusals(rules)
        self.assertGreater(len(refused), 200)
        texts = {rule: record["expression"] for rule, record in refused.items()}
        # A match that is told in part, such as the protocol that another match implies, is no match.
        wrong = []
        checked = 0
        for rule, text in sorted(texts.items()):
            if text == rule:
                checked += 1
                continue
            before, after = bytecode(rule), bytecode(text or "")
            checked += 1
            if before != after:
                wrong.append("%s\n  printed: %s\n  %s\n  %s" % (rule, text, before, after))
        self.assertFalse(wrong, "%d of %d:\n%s" % (len(wrong), checked, "\n".join(wrong)))

    def test_of_a_hash_it_is_said_that_it_is_one(self):
        for rule, text in (("jhash ip saddr mod 2 0", "jhash ip saddr mod … 0"),
                           ("jhash ip saddr . ip daddr mod 2 1", "jhash ip saddr . … mod … 1"),
                           ("symhash mod 2 0", "symhash mod … 0")):
            with self.subTest(rule=rule):
                done = nicemu("exec", "--", "nft", "-f", write_temporary(CHAIN % ("\t\t" + rule + " drop")))
                self.assertIn("expression: %s\n" % text, done.stderr)


# rule, reason, and whether the hint has a form that is accepted in its place
HINTS = (
    ("tcp sport 80 tcp dport 81", "load-longer-than-field", "tcp sport & 0xffff == 80 tcp dport 81"),
    ("udp sport 53 udp dport 54", "load-longer-than-field", "udp sport & 0xffff == 53 udp dport 54"),
    ("ether saddr 02:00:00:00:00:01 ip saddr 1.1.1.1", "load-longer-than-field", "ip saddr 1.1.1.1 ether saddr 02:00:00:00:00:01"),
    ("ether daddr 02:00:00:00:00:01 ether saddr 02:00:00:00:00:02", "load-longer-than-field",
     "ether daddr & ff:ff:ff:ff:ff:ff == 02:00:00:00:00:01 ether saddr 02:00:00:00:00:02"),
    ("ether saddr 02:00:00:00:00:01 ether type ip", "load-longer-than-field",
     "ether saddr & ff:ff:ff:ff:ff:ff == 02:00:00:00:00:01 ether type ip"),
    ("tcp dport { 80, 443 }", "set-lookup", "tcp dport 80"),
    ("tcp dport @ports", "set-lookup", "tcp dport 80"),
    ("ip saddr @nets", "set-lookup", "ip saddr"),
    ("ip6 saddr { 2001:db8::/32, fe80::/10 }", "set-lookup", "ip6 saddr 2001:db8::"),
    ("vlan id { 1, 2 }", "set-lookup", "vlan id 1"),
    ("tcp dport 80-90", "compare-operator", "tcp dport & 0xfff8 == 80"),
    ("tcp dport > 1024", "compare-operator", "tcp dport 1025"),
    ("udp sport <= 1023", "compare-operator", "udp sport & 0xfc00 == 0"),
    ("ip saddr 10.0.0.0-10.0.1.255", "compare-operator", "ip saddr 10.0.0.0/23"),
    ("ip saddr 10.0.0.0-10.0.0.254", "compare-operator", "ip saddr 10.0.0.0/25"),
    ("ip saddr != 1.1.1.1", "compare-operator", "ip saddr 1.1.1.1 accept"),
    ("tcp dport & 0xff00 != 256", "compare-operator", "tcp dport & 0xff00 == 256 accept"),
    ("iifname \"eth0\"", "meta-key", "iif \"eth0\""),
    ("meta pkttype broadcast", "meta-key", "ether daddr ff:ff:ff:ff:ff:ff"),
    ("meta pkttype multicast", "meta-key", "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00"),
    ("vlan pcp 3", "bitwise-length", "ether type vlan @ll,112,16 & 0xe000 == 0x6000"),
    ("vlan dei 1", "bitwise-length", "ether type vlan @ll,112,16 & 0x1000 == 0x1000"),
    ("@nh,96,32 0x0a000001", "network-header-without-protocol", "meta protocol ip @nh,96,32 0x0a000001"),
    ("@nh,96,8 10", "network-header-without-protocol", "meta protocol ip @nh,96,32 & 0xff000000 == 0x0a000000"),
    ("@nh,64,32 0x20010db8", "network-header-without-protocol", "meta protocol ip6 @nh,64,128 & 0xffffffff0000"),
    ("@th,16,8 1", "transport-header-without-protocol", "meta l4proto udp @th,16,16 & 0xff00 == 0x0100"),
    ("th dport 53", "transport-header-without-protocol", "tcp dport 53"),
    ("@th,16,16 53", "transport-header-without-protocol", "tcp dport 53"),
    ("icmp type 8", "transport-header-without-protocol", "meta l4proto icmp"),
    ("counter name cc", "named-object", "counter"),
    ("reject", "rule-without-action", "accept"),
    ("return", "verdict", "accept"),
    ("counter", "rule-without-action", "accept"),
)
NO_FORM = ("ip ttl 5", "ip dscp 3", "tcp flags syn", "ip6 hoplimit 1", "meta mark 5", "meta length 5", "exthdr frag exists",
           "tcp option maxseg size 5", "arp operation 1", "meta cpu 1", "meta mark set 1", "ip daddr set 1.2.3.4", "notrack",
           "numgen inc mod 4 1", "jhash ip saddr mod 2 0", "rt classid 5", "fib saddr . iif oif missing",
           "@nh,64,8 64", "@nh,64,16 0x4006")


class Hints(unittest.TestCase):
    def ask(self, rule, *options):
        text = CHAIN % ("\t\t" + rule)
        done = nicemu("exec", *options, "--", "nft", "-f", write_temporary(text))
        return done.returncode, done.stderr

    @staticmethod
    def whole(rule):
        return rule if rule in ("counter", "return", "reject") else with_verdict(rule)

    def hint(self, rule, *options):
        status, text = self.ask(self.whole(rule), *options)
        self.assertEqual(status, 1, (rule, text))
        found = re.search(r"^nicemu:   hint: (.*)$", text, re.M)
        self.assertTrue(found, (rule, text))
        return re.search(r": ([-a-z0-9]+)\)$", text, re.M).group(1), found.group(1)

    def test_a_form_that_is_hinted_at_is_accepted(self):
        for rule, reason, form in HINTS:
            with self.subTest(rule=rule):
                got, hint = self.hint(rule)
                self.assertEqual(got, reason, hint)
                forms = re.findall("`([^`]*)`", hint)
                self.assertTrue(any(f.startswith(form) for f in forms), hint)
                for form in (f for f in forms if f != "flags offload"):
                    self.assertEqual(self.ask(with_verdict(form)), (0, ""), hint)

    def test_a_rule_without_an_action_is_told_what_to_write_for_what_it_ends_with(self):
        for rule, hint in (("tcp dport 1", "end the rule with `accept` or `drop`"),
                           ("tcp dport vmap { 1 : drop, 2 : accept }", "one rule for each element, with its verdict"),
                           ("fwd ip to 192.0.2.1 device \"eth1\"", "forward to a port, without an address"),
                           ("ip saddr 1.1.1.1 reject", "in place of reject"),
                           ("ip saddr 1.1.1.1 queue", "leave this rule to a chain without `flags offload`")):
            with self.subTest(rule=rule):
                status, text = self.ask(rule)
                self.assertEqual(status, 1, text)
                self.assertIn("rule-without-action", text)
                self.assertIn(hint, text)

    def test_the_forms_work_on_kernels_that_know_less(self):
        for kernel in ("5.15", "6.1", "6.18", "ideal"):
            for rule, _, _ in HINTS:
                with self.subTest(kernel=kernel, rule=rule):
                    status, text = self.ask(self.whole(rule), "-k", kernel)
                    for hint in re.findall(r"^nicemu:   hint: (.*)$", text, re.M):
                        for form in (f for f in re.findall("`([^`]*)`", hint) if f != "flags offload"):
                            self.assertEqual(self.ask(with_verdict(form), "-k", kernel), (0, ""), hint)

    def test_an_action_is_not_advised_where_the_rest_of_the_rule_would_be_refused_as_well(self):
        for rule, reason, rest in (("meta mark set 1", "meta-write", "no form of it can be offloaded"),
                                   ("ip daddr set 1.2.3.4", "payload-write", "no form of it can be offloaded"),
                                   ("notrack", "connection-tracking", "no form of it can be offloaded"),
                                   ("tcp dport 5-9", "compare-operator", "`tcp dport 5`"),
                                   ("counter name cc", "named-object", "use an anonymous `counter`")):
            with self.subTest(rule=rule):
                status, text = self.ask(rule)
                self.assertEqual(status, 1, text)
                self.assertIn("a verdict alone is not enough, the rule has more that is refused (%s): " % reason, text)
                self.assertIn(rest, text)

    def test_all_rules_in_place_of_a_range_or_list_are_in_the_document(self):
        for rule, matched in (("tcp dport 8080-8090", set(range(8080, 8091))), ("udp sport > 65000", set(range(65001, 65536))),
                              ("tcp dport { 22, 80, 1000-1999 }", {22, 80} | set(range(1000, 2000)))):
            with self.subTest(rule=rule):
                record = refusals([rule])[0][rule]
                self.assertEqual((record["expression"], record["forms_left_out"]), (rule, 0))
                self.assertIn(" as %d rules" % len(record["forms"]), record["hint"])
                self.assertIn("`%s`" % record["forms"][0], record["hint"])
                taken = []
                for form in record["forms"]:
                    self.assertEqual(self.ask(with_verdict(form)), (0, ""))
                    masked = re.fullmatch(r"%s (?:& (0x[0-9a-f]+) == )?([0-9]+)" % " ".join(rule.split()[:2]), form)
                    self.assertTrue(masked, form)
                    mask, value = int(masked.group(1) or "0xffff", 16), int(masked.group(2))
                    taken += [port for port in range(65536) if port & mask == value]
                self.assertEqual(sorted(taken), sorted(matched))

    def test_forms_that_do_not_fit_are_counted(self):
        rule = "ip6 saddr 2001:db8::1-2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"
        record = refusals([rule])[0][rule]
        self.assertGreater(len(record["forms"]), 20)
        self.assertGreater(record["forms_left_out"], 0)
        self.assertIn(" as %d rules" % (len(record["forms"]) + record["forms_left_out"]), record["hint"])

    def test_of_a_hint_that_is_not_several_rules_there_are_no_forms(self):
        for rule, hint in (("ip ttl 5", "no form"), ("tcp dport > 65534", " as 1 rule: `tcp dport 65535`"),
                           ("udp sport <= 1023", " as 1 rule: `"), ("ip saddr 10.0.0.0-10.0.1.255", " as 1 rule: `")):
            with self.subTest(rule):
                record = refusals([rule])[0][rule]
                self.assertIn(hint, record["hint"])
                self.assertNotIn("forms", record)
                self.assertNotIn("forms_left_out", record)

    def test_where_no_form_works_the_hint_says_so(self):
        for rule in NO_FORM:
            with self.subTest(rule=rule):
                self.assertTrue(self.hint(rule)[1].startswith("no form of it can be offloaded"))

    def test_the_number_of_rules_is_told(self):
        for rule, count in (("tcp dport { 80, 443 }", 2), ("tcp dport { 1, 2, 3, 4, 5 }", 5), ("tcp dport 80-90", 3),
                            ("tcp dport 1-65534", 30), ("ip saddr 10.0.0.1-10.0.0.9", 4), ("ip saddr @nets", 5),
                            ("ip6 saddr ::1-::8", 4), ("tcp dport > 65534", 1), ("tcp dport { 80-90, 100 }", 4)):
            with self.subTest(rule=rule):
                self.assertIn(" as %d rule" % count, self.hint(rule)[1])


class Places(unittest.TestCase):
    """The same three things wherever a refusal is told."""
    RULE, HINT = "tcp sport 80 tcp dport 81", "`tcp sport & 0xffff == 80 tcp dport 81`"

    def test_exec_tells_after_nft(self):
        text = nicemu("exec", "--", "nft", "-f", rules_file([self.RULE])).stderr
        lines = [line for line in text.splitlines() if line.startswith("nicemu:")]
        self.assertLess(text.index("Error: Could not process rule"), text.index("nicemu:"))
        self.assertIn("(EOPNOTSUPP, kernel: load-longer-than-field)", lines[0])
        self.assertEqual(lines[1], "nicemu:   expression: " + self.RULE)
        self.assertIn(self.HINT, lines[2])

    def test_exec_is_quiet_when_asked(self):
        self.assertNotIn("nicemu:", nicemu("exec", "-q", "--", "nft", "-f", rules_file([self.RULE])).stderr)

    def test_replay_tells_in_text_and_json(self):
        refused, done = refusals([self.RULE])
        record = refused[self.RULE]
        self.assertEqual((record["expression"], record["id"]), (self.RULE, "load-longer-than-field"))
        self.assertIn(self.HINT, record["hint"])
        for line in ("  expression: " + self.RULE, "  why: ", "  hint: "):
            self.assertIn("\n" + line, done.stderr)

    def test_the_log_tells(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        socket = os.path.join(folder, "s")
        nicemu("start", "--socket", socket)
        self.addCleanup(nicemu, "stop", "--socket", socket)
        nicemu("exec", "--socket", socket, "--", "nft", "-f", rules_file([self.RULE]))
        log = nicemu("show", "log", "--socket", socket).stdout
        for text in ("`%s`" % self.RULE, "load-longer-than-field", "hint: ", self.HINT):
            self.assertIn(text, log)


if __name__ == "__main__":
    unittest.main()
