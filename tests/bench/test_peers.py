# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu and DPDK's rte_acl decide every packet by the same rule, and count it. No times here."""
import json
import os
import unittest

from nicemu import BUILD, run, skip_suite

PEERS = os.path.join(BUILD, "tests", "bench", "bench_peers")
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
                self.agree(kind, "ranges", 400, ["nicemu-table", "reference", "rte_acl"])

    def test_more_rules_than_fit_into_one_level_of_cache(self):
        for kind in ("acl", "fw", "acl1"):
            with self.subTest(kind=kind):
                self.agree(kind, "masked", 3000, ["nicemu-cache", "nicemu-table", "rte_acl"])

    def test_zipf_traffic_with_flow_caches(self):
        self.agree("acl", "masked", 400, ["nicemu-cache", "rte_acl-cache", "rte_acl"], "--zipf")

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
