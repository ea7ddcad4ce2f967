# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the interpreted software path count what the running kernel's counts?

Rule sets of nft's language for netdev chains, drawn from the frames of captures and from frames made
of them (fragments, extension headers, wrong lengths, tags, cut frames …), are loaded twice: in a
fresh network namespace on a veth, where the frames are then sent; and in an emulator, whose software
path plays them (run_ingress). Each rule has a counter, and all must tell the same packets and bytes.
A difference is narrowed down to one frame.

  parity.py [--seed N] [--rounds N] [--rules N] [--frames N] [NAME...]      names: parts of captures' file names
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

sys.path.insert(0, os.path.join(nicemu.SOURCE, "tests", "parity"))

import counters
import draw_language
import frames
import kernel
import vary

RUN_INGRESS = os.path.join(nicemu.BUILD, "tests", "host", "run_ingress")
SHIM = os.path.join(nicemu.BUILD, "emu", "shim", "libnicemu-shim.so")
TABLE = "parity"
FAMILIES = 5, 1  # netdev, inet
LARGEST = 1900  # beyond, a kernel may keep a frame in pieces, and reads those another way

EXCLUDED_LARGE = "larger than %d bytes" % LARGEST
EXCLUDED_IN_TAG = "ends inside its VLAN tag: no kernel hands it to a chain"
EXCLUDED_SHORT = "shorter than an Ethernet header"


def captures(wanted):
    for folder in (nicemu.SHARED_PCAPS, nicemu.PCAPS):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if os.path.splitext(name)[1] in (".pcap", ".pcapng", ".cap"):
                if not wanted or any(part in name for part in wanted):
                    yield os.path.join(folder, name)


def exclusion(frame, length):
    if len(frame) != length:
        return frames.EXCLUDED_SNAPPED
    if len(frame) > LARGEST:
        return EXCLUDED_LARGE
    if len(frame) < 14:
        return EXCLUDED_SHORT
    if frame[12:14] in (b"\x81\x00", b"\x88\xa8") and len(frame) < 20:
        return EXCLUDED_IN_TAG
    return None


class Interpreter:
    """run_ingress, and nft under the preload to load rules into it."""

    def __init__(self, folder, version):
        self.socket = os.path.join(folder, "s")
        self.process = subprocess.Popen([RUN_INGRESS, self.socket, version], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise kernel.Unusable("run_ingress did not start")

    def load(self, text):
        """nft's complaint, or nothing."""
        with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
            file.write("flush ruleset\n" + text)
            file.flush()
            done = subprocess.run([kernel.find("nft"), "-f", file.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, env=dict(os.environ, LD_PRELOAD=SHIM, NICEMU_SOCKET=self.socket))
        return done.stderr if done.returncode else ""

    def ask(self, command, some):
        """The lines of the answer; the last one is JSON."""
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            frames.write_capture(file.name, some)
            self.process.stdin.write("%s %s\n" % (command, file.name))
            self.process.stdin.flush()
            lines = []
            for line in self.process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith("{"):
                    return lines
        raise kernel.Unusable("run_ingress ended: %s" % "".join(lines))

    def count(self, some):
        answer = json.loads(self.ask("play", some)[-1])
        return {comment: tuple(both) for comment, both in answer["rules"].items()}, answer

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


def accepted(lines, log):
    """The lines without those that nft or the kernel refuses; they are loaded then."""
    for _ in range(40):
        for family in FAMILIES:
            counters.delete(family, TABLE)
        refused = kernel.load("\n".join(lines) + "\n")
        if not refused:
            return lines
        for complaint in refused.values():
            log[complaint.split(";")[0][:70]] += 1
        lines = [line for number, line in enumerate(lines, 1) if number not in refused]
    raise kernel.Unusable("no end of refused rules")


def expected(some):
    """What these frames add to the kernel's counters."""
    return kernel.count(lambda: counters.read(TABLE), some)


def differing(counted, wanted):
    return [comment for comment in wanted if counted.get(comment) != wanted[comment]]


class Run:
    def __init__(self, options, interpreter):
        self.options, self.interpreter = options, interpreter
        self.failures = 0
        self.totals, self.excluded, self.refused, self.stuck = [collections.Counter() for _ in range(4)]

    def narrow(self, some, comment):
        """One frame of them for which the rule counts otherwise; None when none does alone."""
        while len(some) > 1:
            half = some[:len(some) // 2]
            here = self.interpreter.count(half)[0][comment] != expected(half)[comment]
            some = half if here else some[len(some) // 2:]
        if self.interpreter.count(some)[0][comment] == expected(some)[comment]:
            return None
        return some[0]

    def explain(self, lines, some, comment):
        rule = next(line for line in lines if line.endswith('"%s"' % comment))
        print("  " + rule)
        frame = self.narrow(some, comment)
        if frame is None:
            print("    no single frame differs")
            return
        print("    kernel %s, here %s, frame %s" % (expected([frame])[comment],
                                                    self.interpreter.count([frame])[0][comment], frame.hex()))
        for step in self.interpreter.ask("verbose", [frame])[:-1]:
            if " %s:" % comment in step or "=" in step:
                print("    " + step)

    def draw(self, generator, some):
        """A rule set that is loaded. nft 1.0.6 crashes on some rules: then another one."""
        for _ in range(8):
            try:
                return accepted(draw_language.Drawer(generator, some).ruleset(self.options.rules), self.refused)
            except kernel.Unusable as error:
                if not str(error).startswith("nft: "):
                    raise
                self.refused["(whole sets) nft crashes: " + str(error)[:60]] += 1
        raise kernel.Unusable("nft crashes on every set of rules")

    def compare(self, seed, some):
        generator = random.Random(seed)
        lines = self.draw(generator, some)
        complaint = self.interpreter.load("\n".join(lines) + "\n")
        if complaint:
            self.failures += 1
            print("FAIL %s: the emulator refuses what the kernel takes: %s" % (seed, complaint))
            return
        wanted = expected(some)
        counted, answer = self.interpreter.count(some)
        found = differing(counted, wanted)
        stuck = answer["verdicts"]["not interpreted"]
        if stuck:
            self.stuck[answer["stuck"]] += stuck
        self.totals.update(runs=1, rules=len(wanted), hit=sum(packets > 0 for packets, _ in wanted.values()),
                           packets=len(some), counted=sum(packets for packets, _ in wanted.values()), **{
                               verdict.replace(" ", "_"): number for verdict, number in answer["verdicts"].items()})
        if found:
            self.failures += 1
            print("FAIL %s: %d of %d rules count otherwise (%d packets not interpreted: %s)" % (
                seed, len(found), len(wanted), stuck, answer["stuck"]), flush=True)
            for comment in found[:3]:
                self.explain(lines, some, comment)
        return some, wanted

    def planted_difference_is_found(self, some, wanted):
        """The comparison must be able to fail: frames that are there twice count twice."""
        counted = self.interpreter.count(some + some)[0]
        if sorted(differing(counted, wanted)) != sorted(comment for comment, (packets, _) in wanted.items() if packets):
            self.failures += 1
            print("FAIL a planted difference was not found")

    def summary(self):
        for what, counter in (("frames excluded", self.excluded), ("rules refused by nft or the kernel", self.refused),
                              ("packets not interpreted", self.stuck)):
            for reason, number in counter.most_common(12):
                print("  %s: %6d %s" % (what, number, reason))
        print("%(runs)d rule sets, %(packets)d packets, %(rules)d rules of which %(hit)d were hit, %(counted)d counts; verdicts: "
              "%(accept)d accept, %(drop)d drop, %(forward)d forward, %(not_interpreted)d not interpreted" %
              collections.defaultdict(int, self.totals))
        print("%d failed" % self.failures)


def gather(path, excluded):
    some = []
    for record in frames.read_capture(path):
        reason = exclusion(record.data, record.length)
        if reason:
            excluded[reason] += 1
        else:
            some.append(record.data)
    return some


def choose(generator, some, count, excluded):
    """Some frames as they are, and as many that are made of them."""
    chosen = generator.sample(some, min(count, len(some)))
    for frame in [generator.choice(some) for _ in range(count)]:
        made = vary.vary(generator, frame)
        reason = exclusion(made, len(made))
        if reason:
            excluded[reason] += 1
        else:
            chosen.append(made)
    return chosen


def inside(options):
    try:
        kernel.set_up()
        kernel.add_device("eth1", 3)
    except kernel.Unusable as error:
        nicemu.skip_suite("the running kernel can't be asked: %s" % error)
    print("seed %s (repeat with --seed)" % options.seed, flush=True)
    version, last = ".".join(os.uname().release.split(".")[:2]), None
    with tempfile.TemporaryDirectory() as folder:
        interpreter = Interpreter(folder, version)
        run = Run(options, interpreter)
        for path in captures(options.names):
            try:
                some = gather(path, run.excluded)
            except frames.Foreign:
                continue
            for number in range(options.rounds if some else 0):
                seed = "%s:%s:%d" % (options.seed, os.path.basename(path), number)
                chosen = choose(random.Random(seed), some, options.frames, run.excluded)
                try:
                    last = run.compare(seed, chosen) or last
                except kernel.Unusable as error:
                    run.failures += 1
                    print("FAIL %s: no answer: %s" % (seed, error))
        if not last:
            nicemu.skip_suite("no captures")
        run.planted_difference_is_found(*last)
        if interpreter.close():
            run.failures += 1
            print("FAIL run_ingress ended with an error")
    run.summary()
    return 1 if run.failures else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().splitlines()[-1].strip())
    parser.add_argument("--seed", default=os.environ.get("NICEMU_SEED", "1"))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rules", type=int, default=84)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    if not os.access(RUN_INGRESS, os.X_OK):
        nicemu.skip_suite("run_ingress is not built")
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not kernel.find("unshare") or subprocess.run(unshare + ["true"]).returncode:
        nicemu.skip_suite("no network namespaces here")
    return subprocess.run(unshare + [sys.executable, "-B", __file__, "--inside"] + sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
