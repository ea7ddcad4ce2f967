# SPDX-License-Identifier: GPL-2.0-or-later
"""Do rules count in nicemu what they count in the running kernel's software path?

For each capture, rules are drawn at random from its own packets and loaded twice: without the
offload flag on a veth in a fresh network namespace, where the capture's frames are then sent, and
with it in nicemu, which replays them. Every rule ends in accept or drop, so in both places the
first match decides; each rule's packets must be equal, and its bytes after the one difference that
is meant to be: software counts from the network header on, without the Ethernet header and the
tag that was taken off, hardware whole frames.

Packets that the two see differently are left out on both sides; the run says which and how many.

  parity.py [--seed N] [--rounds N] [--rules N] [NAME...]      names: parts of captures' file names
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

import nicemu

import draw
import frames
import kernel

ETHERNET, TAG = 14, 4
HIT_SHARE = 0.9
POOL = 4  # rules drawn for one that is kept
JOBS = (1, 2, 3)


def captures(wanted):
    """Paths of the captures at hand, third-party ones and ours."""
    for folder in (nicemu.SHARED_PCAPS, nicemu.PCAPS):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if os.path.splitext(name)[1] not in (".pcap", ".pcapng", ".cap"):
                continue
            if not wanted or any(part in name for part in wanted):
                yield os.path.join(folder, name)


class Traffic:
    """The comparable frames of one capture, what they offer to match on, and the exclusions."""

    def __init__(self, path):
        self.frames, self.fields = [], []
        self.excluded = collections.Counter()
        for record in frames.read_capture(path):
            reason = frames.exclusion(record)
            if reason:
                self.excluded[reason] += 1
                continue
            self.frames.append(record.data)
            self.fields.append(frames.dissect(record.data))
        self.tagged = [f for f, d in zip(self.frames, self.fields) if "tag" in d]
        self.untagged = [f for f, d in zip(self.frames, self.fields) if "tag" not in d]


class Software:
    """What each rule counted in the kernel, and what that is in a hardware's bytes."""

    def __init__(self, rules, traffic):
        # Tagged and untagged apart, because they differ in what their bytes leave out.
        untagged, tagged = kernel.measure(rules, [traffic.untagged, traffic.tagged])
        self.packets = [a[0] + b[0] for a, b in zip(untagged, tagged)]
        self.bytes = [a[1] + a[0] * ETHERNET + b[1] + b[0] * (ETHERNET + TAG)
                      for a, b in zip(untagged, tagged)]


def draw_rules(generator, traffic, count, log):
    """count rules that the kernel takes for offload, each fitting some packet of the capture."""
    rules = []
    while len(rules) < count:
        drawn = [draw.draw_rule(generator, generator.choice(traffic.fields), bool(traffic.tagged))
                 for _ in range(count - len(rules))]
        refused = kernel.refused_for_offload(drawn)
        for complaint in refused.values():
            log["refused for offload by the kernel (%s), drawn again" % complaint] += 1
        rules += [rule for number, rule in enumerate(drawn) if number not in refused]
    return rules


def choose_rules(generator, traffic, count, log):
    """At most count rules, of which at least HIT_SHARE count something, and what they count.

    The kernel says which: what each of many rules counts alone puts them in order (else the broad
    ones would take every packet), and in that order most of what counts nothing is left out.
    """
    pool = draw_rules(generator, traffic, POOL * count, log)
    alone = Software([rule.rsplit(" ", 1)[0] for rule in pool], traffic).packets
    order = sorted(range(len(pool)), key=lambda i: alone[i] * generator.uniform(0.7, 1.4))
    pool = [pool[i] for i in order]
    packets = Software(pool, traffic).packets
    hit = [i for i in range(len(pool)) if packets[i]]
    idle = [i for i in range(len(pool)) if not packets[i]]
    hit = generator.sample(hit, min(count, len(hit)))
    # floor: with a share of exactly HIT_SHARE nothing is left to chance.
    idle = generator.sample(idle, min(int(len(hit) / HIT_SHARE) - len(hit), len(idle)))
    rules = [pool[i] for i in sorted(hit + idle)]
    return rules, Software(rules, traffic)


def hardware(rules, traffic, folder, jobs=1):
    """Packets and bytes by rule from nicemu's report, and what was wrong with the run."""
    capture, rules_file = os.path.join(folder, "frames.pcap"), os.path.join(folder, "rules.nft")
    frames.write_capture(capture, traffic.frames)
    with open(rules_file, "w", encoding="ascii") as file:
        file.write(draw.ruleset(rules, "eth0", True))
    done = nicemu.nicemu("replay", "-j", "--jobs", jobs, "-r", rules_file, "-p", "eth0", capture)
    if done.returncode:
        return None, "nicemu replay ended with %d: %s%s" % (
            done.returncode, done.stderr.strip(), refusals(done.stdout))
    report = json.loads(done.stdout)
    if report["packets"] != len(traffic.frames):
        return None, "nicemu replayed %d of %d packets" % (report["packets"],
                                                            len(traffic.frames))
    return {rule["comment"]: (rule["packets"], rule["bytes"]) for rule in report["rules"]}, ""


def refusals(text):
    """The refused rules of a report, for the message."""
    try:
        return "".join("\n  refused: " + json.dumps(entry)
                       for entry in json.loads(text)["refused"])
    except (ValueError, KeyError):
        return ""


def differences(rules, software, counted):
    """A line for each rule that does not count the same."""
    found = []
    for number, rule in enumerate(rules):
        expected = (software.packets[number], software.bytes[number])
        got = counted.get("r%d" % number)
        if got != expected:
            found.append("r%d: %s\n    kernel %s, nicemu %s (packets, frame bytes)" % (
                number, rule, expected, got))
    return found


class Run:
    def __init__(self, options):
        self.options = options
        self.failures = 0
        self.totals = collections.Counter()
        self.excluded = collections.Counter()
        self.log = collections.Counter()

    def compare(self, path, round_number, traffic):
        """One set of rules over one capture. Returns what was compared, for planting a fault."""
        name = os.path.basename(path)
        seed = "%s:%s:%d" % (self.options.seed, name, round_number)
        generator = random.Random(seed)
        count = max(1, min(self.options.rules, len(traffic.frames)))
        rules, software = choose_rules(generator, traffic, count, self.log)
        found = []
        for jobs in JOBS:
            with tempfile.TemporaryDirectory() as folder:
                counted, problem = hardware(rules, traffic, folder, jobs)
            found += ["%d jobs: %s" % (jobs, line) for line in
                      ([problem] if problem else differences(rules, software, counted))]
        hit = sum(packets > 0 for packets in software.packets)
        if hit < HIT_SHARE * len(rules):
            found.append("only %d of %d rules were hit" % (hit, len(rules)))
        self.totals.update(rules=len(rules), hit=hit, packets=len(traffic.frames), runs=1,
                           matched=sum(software.packets))
        print("%s %s: seed %s: %d packets, %d excluded, %d rules, %d hit, %d packets matched" % (
            "FAIL" if found else "ok", name, seed, len(traffic.frames),
            sum(traffic.excluded.values()), len(rules), hit, sum(software.packets)), flush=True)
        for line in found:
            print("  " + line, flush=True)
        self.failures += bool(found)
        return rules, software, traffic

    def planted_difference_is_found(self, rules, software, traffic):
        """The comparison must be able to fail: without its first hit rule nicemu counts otherwise."""
        victim = next(i for i, packets in enumerate(software.packets) if packets)
        fewer = list(rules)
        fewer[victim] = "ip saddr 192.0.2.77 ip daddr 192.0.2.78 udp dport 9 counter drop"
        with tempfile.TemporaryDirectory() as folder:
            counted, problem = hardware(fewer, traffic, folder)
        if problem or not differences(rules, software, counted):
            self.failures += 1
            print("FAIL a planted difference was not found" + problem)

    def summary(self):
        print("excluded on both sides:")
        for reason, count in self.excluded.most_common():
            print("  %6d packets: %s" % (count, reason))
        print("  `ether type` in captures with tags: software reads the tag's type, hardware the "
              "inner one")
        for what, count in self.log.most_common():
            print("  %6d rules: %s" % (count, what))
        totals = self.totals
        print("%d runs, %d packets, %d matched; %d of %d rules hit (%.0f %%); %d failed" % (
            totals["runs"], totals["packets"], totals["matched"], totals["hit"], totals["rules"],
            100 * totals["hit"] / max(1, totals["rules"]), self.failures))


def inside(options):
    """The test itself, in a network namespace of its own."""
    try:
        kernel.set_up()
    except kernel.Unusable as error:
        nicemu.skip_suite("the running kernel can't be asked: %s" % error)
    run, last = Run(options), None
    print("seed %s (repeat with --seed)" % options.seed, flush=True)
    for path in captures(options.names):
        try:
            traffic = Traffic(path)
        except frames.Foreign as error:
            print("not compared: %s: %s" % (os.path.basename(path), error))
            continue
        run.excluded.update(traffic.excluded)
        if not traffic.frames:
            print("not compared: %s: every packet is excluded" % os.path.basename(path))
            continue
        for round_number in range(options.rounds):
            try:
                last = run.compare(path, round_number, traffic)
            except kernel.Unusable as error:
                run.failures += 1
                print("FAIL %s: the kernel gave no answer: %s" % (os.path.basename(path), error))
    if not last:
        nicemu.skip_suite("no captures")
    run.planted_difference_is_found(*last)
    run.summary()
    return 1 if run.failures else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().splitlines()[-1].strip())
    parser.add_argument("--seed", default=os.environ.get("NICEMU_SEED", "1"))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rules", type=int, default=40)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    if not os.access(nicemu.NICEMU, os.X_OK):
        nicemu.skip_suite("nicemu is not built")
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not kernel.find("unshare") or subprocess.run(unshare + ["true"]).returncode:
        nicemu.skip_suite("no network namespaces here")
    return subprocess.run(unshare + [sys.executable, "-B", __file__, "--inside"] +
                          sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
