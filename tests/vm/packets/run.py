#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the interpreted software path count what a real kernel's counts, on kernels that are not the running one?

As tests/host/parity.py: rules drawn from frames of pcaps/ and frames made of them, loaded in a virtual machine, where
the frames are then sent, and in an emulator of that kernel, which plays them.

  run.py --kernel V [--seed N]...
"""
import argparse
import collections
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
os.environ.setdefault("NICEMU_BUILD", os.path.join(SOURCE, "build"))
os.environ.setdefault("NICEMU_SOURCE", SOURCE)
for folder in ("system", "parity", "host"):
    sys.path.insert(0, os.path.join(SOURCE, "tests", folder))

import draw_language
import frames
import nicemu
import parity

FRAMES, RULES = 300, 210
SEEDS = ("1", "2")


def gather(generator):
    """Frames of all our captures, and as many made of them."""
    some = []
    for name in sorted(os.listdir(nicemu.PCAPS)):
        if name.endswith((".pcap", ".pcapng")):
            some += parity.gather(os.path.join(nicemu.PCAPS, name), collections.Counter())
    return parity.choose(generator, some, FRAMES, collections.Counter())


def counted(path):
    """What the guest's rules have counted, by comment, and how many frames have arrived."""
    with open(path, encoding="ascii") as file:
        found = {comment: (int(packets), int(size)) for comment, packets, size in (line.split() for line in file)}
    return found, found.pop("all")[0]


def build(folder):
    """The guest's program that reads counters: static, so that it runs on every kernel's guest."""
    program = os.path.join(folder, "counters")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", program,
                    os.path.join(HERE, "counters.c")], check=True)
    return program


def draw(seed):
    generator = random.Random(seed)
    some = gather(generator)
    return some, draw_language.Drawer(generator, some).ruleset(RULES)


def in_guest(kernel, folder, some, lines):
    """(the rules that the guest's kernel took, what these counted)"""
    with open(os.path.join(folder, "rules.nft"), "w", encoding="ascii") as file:
        file.write("\n".join(line.replace("policy drop", "policy accept") for line in lines) + "\n")
    frames.write_capture(os.path.join(folder, "frames.pcap"), some)
    out = os.path.join(folder, "out")
    os.makedirs(out, exist_ok=True)
    done = subprocess.run([os.path.join(SOURCE, "scripts", "vm"), "run", "--kernel", kernel, "--timeout", "200", "--out", out,
                           "--program", shutil.which("tcpreplay", path=os.environ["PATH"] + ":/usr/sbin"),
                           "--program", build(folder), os.path.join(HERE, "in_guest.sh"), os.path.join(folder, "rules.nft"),
                           os.path.join(folder, "frames.pcap")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit("the guest ended with %d:\n%s" % (done.returncode, done.stdout))
    wanted, arrived = counted(os.path.join(out, "counters"))
    if arrived != len(some):
        raise SystemExit("%d of %d frames arrived" % (arrived, len(some)))
    with open(os.path.join(out, "rules.nft"), encoding="ascii") as file:
        return file.read().split("\n"), wanted


def refused_here(interpreter, lines):
    """How many of the rules; they leave the lines."""
    refused = 0
    while True:
        complaint = interpreter.load("\n".join(lines) + "\n")
        numbers = {int(number) - 2 for number in re.findall(r"\.nft:(\d+):[^\n]*Error", complaint)}
        if complaint and not numbers:
            raise SystemExit(complaint)
        for number in numbers:
            print("refused here: " + lines[number])
            lines[number] = ""
        refused += len(numbers)
        if not numbers:
            return refused


def on_both(kernel, folder, seed):
    """(frames, rules by comment as counted here, as counted by the guest, the lines, how many were left out). A rule that
    only one side has would change what others count, where it ends in a verdict: then the guest runs again without."""
    some, lines = draw(seed)
    left_out = 0
    for _ in range(4):
        lines, wanted = in_guest(kernel, folder, some, lines)
        interpreter = parity.Interpreter(folder, kernel)
        refused = refused_here(interpreter, lines)
        rules, answer = (None, None) if refused else interpreter.count(some)
        if interpreter.close() or answer and answer["verdicts"]["not interpreted"]:
            raise SystemExit("run_ingress: %s" % answer)
        left_out += refused
        if not refused:
            return some, rules, wanted, lines, left_out
    raise SystemExit("seed %s: the two do not come to take the same rules" % seed)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().splitlines()[-1].strip())
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--seed", action="append")
    options = parser.parse_args()
    if not shutil.which("tcpreplay", path=os.environ["PATH"] + ":/usr/sbin"):
        raise SystemExit("tcpreplay is not installed")
    totals = collections.Counter()
    for seed in options.seed or SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            some, rules, wanted, lines, refused = on_both(options.kernel, folder, seed)
        different = [comment for comment in rules if rules[comment] != wanted.get(comment)]
        for comment in different:
            print("differs: kernel %s, here %s: %s" % (wanted.get(comment), rules[comment], next(
                line for line in lines if line.endswith('"%s"' % comment))))
        hit = sum(packets > 0 for packets, _ in rules.values())
        print("seed %s: %d frames, %d rules, %d hit" % (seed, len(some), len(rules), hit))
        totals.update(rules=len(rules), different=len(different), refused=refused, hit=hit)
    if totals["refused"]:
        print("left out rules whose set only old kernels take: %d" % totals["refused"])
    print("compared %d differ %d known 0" % (totals["rules"], totals["different"]))
    good = totals["hit"] * 4 >= totals["rules"] and not totals["different"]
    print("tests passed %d, failed %d" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
