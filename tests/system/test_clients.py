# SPDX-License-Identifier: GPL-2.0-or-later
"""The nft of other releases programs the emulator (scripts/clients unpacks them), as it does the kernel."""
import errno
import functools
import glob
import os
import re
import shutil
import sys
import unittest

import nft_cases
import oracle
from client_cases import CASES, NOT_COMPARED
from client_rules import LAST_KNOWN, OFFLOADED, REFUSED, RULES, UNKNOWN, expressions
from test_nft_oracle import only_names_differ
from nicemu import NICEMU, PCAPS, RULES as SAMPLES, SOURCE, nicemu, run, skip_suite, write_temporary

SUITES = ("bullseye", "trixie", "sid")
CHAIN = 'table netdev %s {\n chain c { type filter hook ingress device "eth0" priority 10;%s }\n}\n'
REFUSED_FIRST_LINE = re.compile(r"# (E[A-Z]+) (at the message|at commit): ")
# What 0.9.8 can't say: quoted names in a list of devices, a tag inside a tag.
TOO_NEW_FOR = {"several-ports.nft": "1.0.6", "vlan.nft": "1.0.6", "chain-duplicate-device.nft": "1.0.6",
               "chain-egress.nft": "1.0.6", "payload-inner.nft": "1.0.6"}
LISTED_DIFFERENTLY = {"ports.nft"}    # see test_samples.py
# Before, nft sends the bytes of memory that it has freed in place of a device's name from JSON.
JSON_DEVICE_SINCE = "1.1.3"
OFFLOAD_JSON = ('{"nftables":[{"add":{"table":{"family":"netdev","name":"t"}}},{"add":{"chain":{"family":"netdev",'
                '"table":"t","name":"c","type":"filter","hook":"ingress","dev":"eth0","prio":10,"policy":"accept",'
                '"flags":["offload"]}}}]}')


def parts(version):
    return tuple(int(n) for n in version.split("."))


def deep(data):
    """Attributes as sorted nested tuples: an expression that is kept as it came is dumped in the
    order in which nft sent its attributes, a kernel has an order of its own (last, exthdr)."""
    nested = list(oracle.attributes(data))
    if not nested or sum((len(value) + 7) & ~3 for _, value in nested) != len(data):
        return data
    return tuple(sorted(((kind, deep(value)) for kind, value in nested), key=repr))


def only_order_differs(line):
    sides = re.findall(r'\n    (?:kernel|nicemu) "((?:[0-9a-f]{2})*)"(?=\n|$)', line)
    return len(sides) == 2 and deep(bytes.fromhex(sides[0])) == deep(bytes.fromhex(sides[1]))


def differences(kernel, ours):
    return [line for line in oracle.differences(kernel, ours)
            if not only_names_differ(None, line) and not only_order_differs(line)]


class Client:
    """An nft: its version, and an environment that has it first in PATH."""

    def __init__(self, program):
        self.program = program
        self.version = re.search(r"v([0-9.]+)", run(program, "--version").stdout).group(1)
        self.path = os.path.dirname(program) + ":" + os.environ.get("PATH", "/usr/bin:/bin")

    def knows(self, since):
        return parts(self.version) >= parts(since)

    def environment(self):
        return dict(os.environ, PATH=self.path)

    def exec(self, *words, options=(), **more):
        return nicemu("exec", *options, "--", *words, env=self.environment(), **more)

    def cases(self, where, cases):
        """Cases of oracle.py with this nft as the one in PATH."""
        before = os.environ.get("PATH", "")
        os.environ["PATH"] = self.path
        try:
            return where(cases)
        finally:
            os.environ["PATH"] = before


CLIENTS = []


def find_clients():
    """The installed nft and every suite's that can be had; reasons for the others."""
    installed = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    CLIENTS.append(Client(installed))
    reasons = []
    for suite in SUITES:
        done = run(os.path.join(SOURCE, "scripts", "clients"), suite, timeout=120)
        if done.returncode == 0:
            CLIENTS.append(Client(done.stdout.split()[2]))
        else:
            reasons.append(done.stderr.strip())
    CLIENTS.sort(key=lambda client: parts(client.version))
    return reasons


def sample_files(*folder):
    return sorted(glob.glob(os.path.join(SAMPLES, *folder, "*.nft")))


def errors_of(text):
    return [line for line in text.splitlines() if ": Error: " in line]


def for_each_client(method):
    """A test that runs with every nft."""
    @functools.wraps(method)
    def whole(self):
        for client in CLIENTS:
            with self.subTest(nft=client.version):
                method(self, client)
    return whole


def for_each_sample(*folder):
    """A test that runs with every nft and every file of a folder; known: this nft can say it."""
    def decorate(method):
        @functools.wraps(method)
        def whole(self):
            for client in CLIENTS:
                for path in sample_files(*folder):
                    name = os.path.basename(path)
                    with self.subTest(nft=client.version, file=name):
                        method(self, client, path, client.knows(TOO_NEW_FOR.get(name, "0")))
        return whole
    return decorate


class Samples(unittest.TestCase):
    @for_each_sample()
    def test_samples_load_and_list_the_same_when_loaded_again(self, client, path, known):
        again = "true" if os.path.basename(path) in LISTED_DIFFERENTLY else \
            'nft -f "$0" && nft list ruleset | cmp - "$0"'
        done = client.exec("sh", "-c", 'nft -c -f "$1" && nft -f "$1" && nft list ruleset >"$0" && '
                           'nft flush ruleset && ' + again, write_temporary(""), path)
        if known:
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        else:
            self.assertIn("syntax error", done.stderr)

    @for_each_sample("refused")
    def test_refused_samples_are_refused_at_their_line_with_their_reason(self, client, path, known):
        with open(path) as f:
            number, when = REFUSED_FIRST_LINE.match(f.readline()).groups()
        done = client.exec("nft", "-f", path)
        errors = errors_of(done.stderr)
        self.assertEqual((done.returncode, len(errors)), (1, 1), done.stderr)
        if not known:
            self.assertRegex(errors[0], "syntax error|unknown chain hook")
            return
        # From 1.1 on, nft guesses why a kernel refuses a chain, in place of its errno.
        self.assertRegex(errors[0], os.strerror(getattr(errno, number)) + "|perhaps kernel support is missing")
        self.assertEqual(int(re.match(r".*?:(\d+):", errors[0]).group(1)) == 2, when == "at commit", errors[0])
        self.assertRegex(done.stderr, r"(?m)^nicemu: .*\b%s\b" % number)

    @for_each_sample("refused")
    def test_replay_tells_the_reason_whatever_nft_makes_of_the_errno(self, client, path, known):
        done = nicemu("replay", "-r", path, os.path.join(PCAPS, "demo.pcap"), env=client.environment())
        self.assertEqual(done.returncode, 1)
        if known:
            self.assertRegex(done.stderr, r"refused( at commit)?: .*\(E[A-Z]+, ")
            self.assertIn("  why: ", done.stderr)
            self.assertNotIn(" Error: ", done.stderr)

    def test_the_same_rules_count_the_same_packets(self):
        reports = {client.version: nicemu("replay", "--reproducible", "-j", "-r", os.path.join(SAMPLES, "demo.nft"),
                                          os.path.join(PCAPS, "demo.pcap"), env=client.environment())
                   for client in CLIENTS}
        for version, done in reports.items():
            with self.subTest(nft=version):
                self.assertEqual((done.returncode, done.stdout), (0, reports[CLIENTS[0].version].stdout), done.stderr)
        self.assertRegex(done.stdout, r'"packets": [1-9]')


class Commands(unittest.TestCase):
    @for_each_client
    def test_five_thousand_rules_load_at_once(self, client):
        text = CHAIN % ("t", " flags offload;") + "".join(
            "add rule netdev t c ip saddr 10.%d.%d.%d counter drop\n" % (i >> 16, i >> 8 & 255, i & 255)
            for i in range(5000))
        path = write_temporary(text)
        done = client.exec("sh", "-c", 'nft -f "$0" && nft list ruleset | grep -c "counter packets 0"', path)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "5000\n", ""))

    @for_each_client
    def test_a_check_changes_nothing(self, client):
        done = client.exec("sh", "-c", 'nft -c -f "$0" && nft list ruleset', os.path.join(SAMPLES, "demo.nft"))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    @for_each_client
    def test_the_monitor_tells_of_rules(self, client):
        script = ('timeout 20 nft monitor >"$0" & sleep 0.4; nft -f "$1"; nft add rule netdev filter ingress '
                  'ip saddr 192.0.2.1 drop; n=0; while ! grep -q 192.0.2.1 "$0" && [ $n -lt 50 ]; do sleep 0.1; '
                  'n=$((n + 1)); done; kill $!; grep "add rule" "$0" | tail -n 1')
        done = client.exec("bash", "-c", script, write_temporary(""), os.path.join(SAMPLES, "demo.nft"))
        self.assertEqual(done.stdout, "add rule netdev filter ingress ip saddr 192.0.2.1 drop\n", done.stderr)

    @for_each_client
    def test_flags_of_a_chain_in_json_are_not_sent(self, client):
        if not client.knows(JSON_DEVICE_SINCE):
            return
        done = client.exec("sh", "-c", "nft -j -f - && nft list ruleset", stdin=OFFLOAD_JSON)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("hook ingress", done.stdout)
        self.assertNotIn("offload", done.stdout)


def entry(client, versions):
    """(expressions, answer) that hold for this client."""
    return [e[1:] for e in versions if client.knows(e[0])][-1]


def rule_cases():
    """A rule in an ordinary chain, for what arrives; then in an offload chain, for the answer."""
    return [oracle.case(rule, oracle.nft(CHAIN % ("p", "") + "add rule netdev p c %s\n" % rule), oracle.dump(),
                        oracle.nft("flush ruleset\n" + CHAIN % ("o", " flags offload;") +
                                   "add rule netdev o c %s\n" % rule),
                        oracle.argv("nft", "list", "ruleset"), final_dump=False) for rule, _ in RULES]


class WhatIsSent(unittest.TestCase):
    """The differences between versions, as a table (client_rules.py)."""

    @classmethod
    def setUpClass(cls):
        cls.cases = rule_cases()
        cls.results = {client.version: client.cases(oracle.on_nicemu, cls.cases) for client in CLIENTS}

    def test_each_version_sends_what_the_table_says(self):
        for client in CLIENTS:
            if parts(client.version) > parts(LAST_KNOWN):
                print("nft %s is newer than the table: not compared" % client.version, file=sys.stderr)
                continue
            for (rule, versions), result in zip(RULES, self.results[client.version]):
                with self.subTest(nft=client.version, rule=rule):
                    self.assertEqual(self.sent(result), entry(client, versions), result)

    def test_the_running_kernel_answers_each_version_alike(self):
        reason = oracle.kernel_reason()
        if reason or oracle.kernel_release() != "6.18":
            self.skipTest(reason or "known for kernel 6.18, this one is " + oracle.kernel_release())
        for client in CLIENTS:
            kernel = client.cases(oracle.on_kernel, self.cases)
            for case, theirs, ours in zip(self.cases, kernel, self.results[client.version]):
                with self.subTest(nft=client.version, rule=case["name"]):
                    self.assertIsNotNone(theirs)
                    self.assertEqual(differences(theirs, ours), [])

    def test_versions_differ_where_the_table_says_so(self):
        """The matrix, for people; and a guard against a table without differences."""
        differing = [rule for rule, versions in RULES if len(versions) > 1]
        self.assertGreater(len(differing), 8)
        print("\n%-60s %s" % ("rule", " ".join("%-18s" % client.version for client in CLIENTS)), file=sys.stderr)
        for (rule, _), results in zip(RULES, zip(*(self.results[c.version] for c in CLIENTS))):
            print("%-60s %s" % (rule, " ".join("%-18s" % self.sent(r)[1] for r in results)), file=sys.stderr)

    @staticmethod
    def sent(result):
        loaded, everything, offloaded = result[:3]
        if loaded["status"]:
            return None, UNKNOWN
        return (expressions(everything["GETRULE"][0]["attributes"]),
                REFUSED if offloaded["status"] else OFFLOADED)


class AsOnTheKernel(unittest.TestCase):
    """What newer clients use: the running kernel and the emulator answer the same client alike."""

    def setUp(self):
        reason = oracle.kernel_reason()
        if reason or oracle.kernel_release() != "6.18":
            self.skipTest(reason or "known for kernel 6.18, this one is " + oracle.kernel_release())

    @for_each_client
    def test_commands_and_features_of_every_version(self, client):
        self.compare(client, [case for case in CASES if case["name"] not in NOT_COMPARED and
                              (client.knows(JSON_DEVICE_SINCE) or not case["name"].startswith("json"))])

    def test_a_sample_of_the_cases_for_the_installed_nft(self):
        """All of them with one client: PATH=.build/clients/SUITE:$PATH, then the suites nft_oracle, sets_oracle."""
        cases = list(nft_cases.all_cases())
        for number, client in enumerate(CLIENTS):
            self.compare(client, cases[number::12])

    def compare(self, client, cases):
        sides = [client.cases(where, cases) for where in (oracle.on_kernel, oracle.on_nicemu)]
        for case, kernel, ours in zip(cases, *sides):
            with self.subTest(nft=client.version, case=case["name"]):
                self.assertIsNotNone(kernel, "the kernel's driver ended before this case")
                self.assertIsNotNone(ours, "nicemu's driver ended before this case")
                self.assertEqual(differences(kernel, ours), [], "input: %s" % case["steps"])


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    if not os.path.exists(NICEMU):
        sys.exit(NICEMU + " is not built")
    missing = find_clients()
    if len(CLIENTS) == 1:
        skip_suite("no other nft: " + " / ".join(missing))
    for reason in missing:
        print("SKIP (this client): " + reason, flush=True)
    print("nft " + ", ".join(client.version for client in CLIENTS), file=sys.stderr)
    unittest.main()
