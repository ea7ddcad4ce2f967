# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu and DPDK's rte_acl decide every packet by the same rule, and count it. No times here."""
import json
import os
import tempfile
import unittest

from nicemu import BUILD, nicemu, run, skip_suite

PEERS = os.path.join(BUILD, "tests", "bench", "bench_peers")
GENERATE = os.path.join(BUILD, "tests", "bench", "bench_generate")
KINDS = ("acl", "fw", "ipc", "acl1", "chain", "ipv6", "mixed")
SMALL = ("--packets", "20000", "--rounds", "1", "--memory", "512")


def peers(*words):
    return run(PEERS, *words)


class Agreement(unittest.TestCase):
    def agree(self, kind, form, rules, engines, *words):
        done = peers("agree", kind, form, rules, "--engines", ",".join(engines), *SMALL, *words)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        report = json.loads(done.stdout)
        self.assertEqual(report["differences"], 0)
        self.assertEqual([engine["engine"] for engine in report["engines"]], list(engines))
        self.assertGreater(report["matched"], report["packets"] / 2)
        self.assertGreater(report["distinct"], report["packets"] / 2)

    def test_masked_rules(self):
        engines = ["nicemu", "nicemu-cache", "nicemu-table", "reference", "rte_acl"]
        for kind in KINDS:
            for seed in (1, 2):
                with self.subTest(kind=kind, seed=seed):
                    self.agree(kind, "masked", 400, engines, "--seed", seed)

    def test_rules_with_ranges(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                self.agree(kind, "ranges", 400, ["nicemu", "nicemu-cache", "nicemu-table", "reference",
                                                  "rte_acl"])

    def test_more_rules_than_fit_into_one_level_of_cache(self):
        for kind in ("acl", "fw", "acl1"):
            with self.subTest(kind=kind):
                self.agree(kind, "masked", 3000, ["nicemu-cache", "nicemu-table", "rte_acl"])

    def test_zipf_traffic_with_flow_caches(self):
        self.agree("acl", "masked", 400, ["nicemu-cache", "rte_acl-cache", "rte_acl"], "--zipf")

    def test_nicemu_bench_has_the_digest_of_the_peers(self):
        """Rules through the real nft, packets through a file: the same decisions, packet by packet."""
        with tempfile.TemporaryDirectory() as folder:
            rules, trace = os.path.join(folder, "r.nft"), os.path.join(folder, "t.pcap")
            for kind in ("acl", "mixed"):
                with self.subTest(kind=kind):
                    made = run(GENERATE, kind, 400, "--packets", 20000, "--rules", rules, "--trace", trace)
                    self.assertEqual(made.returncode, 0, made.stderr)
                    theirs = peers("lookup", kind, "masked", 400, "--engines", "rte_acl", *SMALL)
                    ours = nicemu("bench", "lookup", "-j", "--seconds", 1, "-r", rules, trace)
                    self.assertEqual(ours.returncode, 0, ours.stderr)
                    self.assertEqual(json.loads(ours.stdout)["digest"], json.loads(theirs.stdout)["digest"])
                    self.assertEqual(json.loads(ours.stdout)["matched"], json.loads(theirs.stdout)["matched"])

    def test_rte_hash_finds_every_flow(self):
        done = peers("hash", 20000, *SMALL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["flows"], 20000)

    def test_an_unknown_engine_is_refused(self):
        self.assertEqual(peers("lookup", "acl", "masked", 10, "--engines", "nonsense").returncode, 2)


if __name__ == "__main__":
    if not os.access(PEERS, os.X_OK):
        skip_suite("bench_peers is not built: it needs DPDK (libdpdk-dev) and a build without "
                   "sanitizers")
    if peers("agree", "acl", "masked", 10, *SMALL).returncode == 4:
        skip_suite("DPDK can't begin here")
    unittest.main()
