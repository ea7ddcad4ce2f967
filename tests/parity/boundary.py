# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules at their boundaries, in nicemu and in the running kernel's software path.

A frame, a rule drawn from its own fields, and the frame with each of its bits flipped: as many of
them must match in nicemu as in the kernel. Each rule has a port and a capture of its own in nicemu,
and a batch of frames of its own on the kernel's veth pair. What the two sides see differently is
left out, by name (frames.py).

  boundary.py [--seed N] [--rules N]
"""
import argparse
import collections
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import nicemu

import draw
import frames
import kernel

PORTS = 40  # rules at a time: one port and one capture each
JOBS = (1, 2, 3)


def make_frame(generator):
    """A sound frame: at most one tag, IPv4 or IPv6, TCP or UDP."""
    segment_size = 20
    protocol = generator.choice((frames.TCP, frames.UDP))
    ports = generator.randbytes(4)
    if protocol == frames.TCP:
        segment = ports + generator.randbytes(8) + b"\x50\x10\x10\x00\0\0\0\0"
    else:
        segment = ports + struct.pack("!HH", segment_size, 0) + bytes(12)
    if generator.random() < 0.5:
        kind = frames.ETH_IP
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + segment_size, 1, 0x4000, 64, protocol, 0)
        packet += generator.randbytes(8)
    else:
        kind = frames.ETH_IP6
        packet = struct.pack("!IHBB", 6 << 28, segment_size, protocol, 64) + generator.randbytes(32)
    # An address of a station (no group bit), so that no switch in between minds.
    link = b"\x02" + generator.randbytes(5) + b"\x02" + generator.randbytes(5)
    if generator.random() < 0.4:
        link += struct.pack("!HH", 0x8100, generator.getrandbits(16))
    return link + struct.pack("!H", kind) + packet + segment


def neighbours(frame, excluded):
    """The frame, and with one bit flipped each; without those that can't be compared."""
    found = [frame]
    for bit in range(8 * len(frame)):
        other = bytearray(frame)
        other[bit // 8] ^= 0x80 >> bit % 8
        reason = frames.exclusion(frames.Record(bytes(other), len(other), 0))
        if reason:
            excluded[reason] += 1
        else:
            found.append(bytes(other))
    return found


def draw_cases(generator, count, excluded):
    """(rule, frames) each, of rules that the kernel takes for offload."""
    cases = []
    while len(cases) < count:
        bases = [make_frame(generator) for _ in range(count - len(cases))]
        fields = [frames.dissect(frame) for frame in bases]
        rules = [draw.draw_rule(generator, f, "tag" in f) for f in fields]
        refused = kernel.refused_for_offload(rules)
        cases += [(rule, neighbours(frame, excluded))
                  for number, (rule, frame) in enumerate(zip(rules, bases)) if number not in refused]
    return cases


def in_kernel(cases):
    """How many of its own frames each rule counts. Without verdicts, for all are in one chain."""
    counted = kernel.measure([rule.rsplit(" ", 1)[0] for rule, _ in cases], [sent for _, sent in cases])
    return [batch[number][0] for number, batch in enumerate(counted)]


def in_nicemu(cases, jobs=1):
    """The same, or a text that tells what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["replay", "-j", "--jobs", str(jobs), "-r", os.path.join(folder, "rules.nft")]
        with open(words[-1], "w", encoding="ascii") as file:
            for number, (rule, _) in enumerate(cases):
                file.write(draw.ruleset([rule], "eth%d" % number, True, table="t%d" % number))
        for number, (_, sent) in enumerate(cases):
            path = os.path.join(folder, "%d.pcap" % number)
            frames.write_capture(path, sent)
            words += ["-p", "eth%d" % number, path]
        done = nicemu.nicemu(*words)
    if done.returncode:
        return "nicemu replay ended with %d: %s" % (done.returncode, done.stderr.strip())
    packets = {rule["port"]: rule["packets"] for rule in json.loads(done.stdout)["rules"]}
    return [packets.get("eth%d" % number) for number in range(len(cases))]


def differences(cases, expected, got):
    return ["%s\n    kernel %d of %d frames, nicemu %s" % (rule, expected[i], len(sent), got[i])
            for i, (rule, sent) in enumerate(cases) if got[i] != expected[i]]


def compare(options):
    generator = random.Random(options.seed)
    excluded, totals, failed = collections.Counter(), collections.Counter(), 0
    while totals["rules"] < options.rules:
        cases = draw_cases(generator, min(PORTS, options.rules - totals["rules"]), excluded)
        expected, found = in_kernel(cases), []
        for jobs in JOBS:
            got = in_nicemu(cases, jobs)
            if isinstance(got, str):
                print("FAIL %d jobs: %s" % (jobs, got))
                return 1
            found += ["%d jobs: %s" % (jobs, line) for line in differences(cases, expected, got)]
        # Each rule fits the frame that it was drawn from; the count must not be everything, either.
        found += ["%s: the kernel counts none" % cases[i][0] for i, n in enumerate(expected) if n == 0]
        for line in found:
            print("FAIL seed %s: %s" % (options.seed, line))
        failed += len(found)
        totals.update(rules=len(cases), frames=sum(len(sent) for _, sent in cases), matched=sum(expected),
                      narrow=sum(n < len(sent) for n, (_, sent) in zip(expected, cases)))
    # The comparison must be able to fail: one rule's frames under another rule.
    wrong = [(cases[-1][0], cases[0][1])] + cases[1:]
    if len(cases) > 1 and not differences(cases, expected, in_nicemu(wrong)):
        print("FAIL a planted difference was not found")
        failed += 1
    print("excluded on both sides:")
    for reason, count in excluded.most_common():
        print("  %6d frames: %s" % (count, reason))
    print("seed %s: %d rules (%d of them refuse some frame), %d frames, %d matched; %d differences" % (
        options.seed, totals["rules"], totals["narrow"], totals["frames"], totals["matched"], failed))
    return 1 if failed or totals["narrow"] < totals["rules"] * 0.9 else 0


def inside(options):
    try:
        kernel.set_up()
        return compare(options)
    except kernel.Unusable as error:
        nicemu.skip_suite("the running kernel can't be asked: %s" % error)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().splitlines()[-1].strip())
    parser.add_argument("--seed", default=os.environ.get("NICEMU_SEED", "1"))
    parser.add_argument("--rules", type=int, default=2 * PORTS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    if not os.access(nicemu.NICEMU, os.X_OK):
        nicemu.skip_suite("nicemu is not built")
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not kernel.find("unshare") or subprocess.run(unshare + ["true"]).returncode:
        nicemu.skip_suite("no network namespaces here")
    return subprocess.run(unshare + [sys.executable, "-B", __file__, "--inside"] + sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
