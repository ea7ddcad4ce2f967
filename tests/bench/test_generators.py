# SPDX-License-Identifier: GPL-2.0-or-later
"""The generators of rules and traffic: the same seed gives the same bytes, and nft and nicemu take
what they make and count what they say."""
import json
import os
import tempfile
import unittest

from nicemu import BUILD, nicemu, run, skip_suite

GENERATE = os.path.join(BUILD, "tests", "bench", "bench_generate")
KINDS = ("acl", "fw", "ipc", "acl1", "chain", "ipv6", "mixed")
SEEDS = (1, 77)


def generate(folder, kind, rules, *words, seed=1, packets=2000):
    """Rules, trace and expected counts as files, by name."""
    files = {what: os.path.join(folder, "%s-%d-%d.%s" % (kind, rules, seed, what))
             for what in ("nft", "pcap", "counts")}
    done = run(GENERATE, kind, rules, "--seed", seed, "--packets", packets, "--rules", files["nft"],
               "--trace", files["pcap"], "--expect", files["counts"], *words)
    if done.returncode:
        raise AssertionError("bench_generate %s %d --seed %d: %s" % (kind, rules, seed, done.stderr))
    return files


def contents(files):
    found = {}
    for what, name in files.items():
        with open(name, "rb") as file:
            found[what] = file.read()
    return found


class Generators(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def generate(self, *words, **more):
        return generate(self.folder.name, *words, **more)

    def test_the_same_seed_gives_the_same_bytes(self):
        for kind in KINDS:
            for words in ((), ("--zipf",)):
                with self.subTest(kind=kind, words=words):
                    first = contents(self.generate(kind, 200, *words))
                    self.assertEqual(first, contents(self.generate(kind, 200, *words)))

    def test_another_seed_gives_other_rules_and_traffic(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                first = contents(self.generate(kind, 200, seed=1))
                second = contents(self.generate(kind, 200, seed=2))
                self.assertNotEqual(first["nft"], second["nft"])
                self.assertNotEqual(first["pcap"], second["pcap"])

    def test_no_two_rules_of_a_set_match_the_same(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                with open(self.generate(kind, 3000, packets=1)["nft"]) as file:
                    rules = [line.rsplit(" ", 1)[0].replace(" counter", "") for line in file
                             if line.endswith((" drop\n", " accept\n"))]
                self.assertEqual(len(rules), 3000)
                self.assertEqual(len(set(rules)), 3000)

    def test_nicemu_counts_what_the_generator_expects(self):
        for kind in KINDS:
            for seed in SEEDS:
                with self.subTest(kind=kind, seed=seed):
                    files = self.generate(kind, 300, seed=seed)
                    self.compare(files)

    def compare(self, files):
        done = nicemu("replay", "-j", "-r", files["nft"], files["pcap"])
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        with open(files["counts"]) as file:
            expected = [int(line) for line in file]
        counted = [rule["packets"] for rule in report["rules"]] + [report["unmatched"]["packets"]]
        self.assertEqual(counted, expected)
        self.assertEqual(report["captures"][0]["malformed"], 0)
        self.assertGreater(sum(1 for count in expected[:-1] if count), 150, "most rules are hit")

    def test_zipf_traffic_has_few_heavy_flows(self):
        files = self.generate("acl", 100, "--zipf", packets=20000)
        with open(files["pcap"], "rb") as file:
            data = file.read()[24:]
        frames = [data[i + 16:i + 76] for i in range(0, len(data), 76)]
        counts = sorted((frames.count(frame) for frame in set(frames[:200])), reverse=True)
        # Of 262144 flows with exponent 1 the first has one packet of 13.
        self.assertGreater(counts[0], 20000 / 20)
        self.assertGreater(len(set(frames)), 5000)

    def test_bad_words_are_refused(self):
        for words in (("acl",), ("acl", "0"), ("acl", "many"), ("nonsense", "5"),
                      ("acl", "5", "--seed", "x"), ("acl", "5", "--packets", "-1")):
            with self.subTest(words=words):
                self.assertEqual(run(GENERATE, *words).returncode, 2)

    def test_a_file_that_cant_be_written_is_said(self):
        done = run(GENERATE, "acl", "5", "--rules", "/nonexistent/rules.nft")
        self.assertEqual(done.returncode, 5)
        self.assertIn("No such file", done.stderr)


if __name__ == "__main__":
    if not os.access(GENERATE, os.X_OK):
        skip_suite("bench_generate is not built")
    unittest.main()
