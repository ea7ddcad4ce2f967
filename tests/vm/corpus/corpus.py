# SPDX-License-Identifier: GPL-2.0-or-later
"""The corpus: cases for run_cases.sh, from transactions.py, rules/, the vectors and nft's language by seed."""
import json
import os
import re

import language
import transactions
import vectors
from nicemu import NICEMU, RULES, run
from transactions import Case

SEED = 1
DRAWN = 1600
IN_A_CASE = 200

# Where the drawn rules go; the objects that they may name.
WORLD = """table netdev t {
%s
	chain r { }
	chain c {
		type filter hook ingress device eth0 priority 10; flags offload;
	}
}
""" % language.OBJECTS.format()
VECTOR_WORLD = vectors.base() + "\ntable netdev t { chain x { }; set s { type ipv4_addr; }; counter z { }; " \
                                "set s4 { type ipv4_addr; }; }\n"
SMALL_NIC = "nic: small\nmodel: generic\nentries: %d\nports:\n" % transactions.ENTRIES + \
            "".join("  - name: eth%d\n" % n for n in range(4))


def of_this_nic(text):
    """The language's rules name lo, which is no port."""
    return re.sub(r"\blo\b", "eth1", text)


class Offloadable(language.Language):
    """Rules for a netdev chain: half of them of forms that are offloaded, half anything."""

    def line(self):
        parts = self.offloadable("netdev") if self.chance(0.6) else self.anything("netdev")
        return "add rule netdev t c " + of_this_nic(language.text_of(parts))


def drawn(seed=SEED, count=DRAWN):
    """Lines that nft sends to a kernel; what it refuses itself, or crashes on, says nothing about one."""
    rules = Offloadable(seed)
    lines = [rules.line() for _ in range(count)]
    groups = [lines[at:at + IN_A_CASE] for at in range(0, len(lines), IN_A_CASE)]
    world = WORLD + "table ip t { set s4 { type ipv4_addr; }; }\n"  # language_side.py asks for it
    job = {"world": world, "optional": [], "groups": groups, "leave": [[] for _ in groups], "probes": [],
           "flush": [("netdev", "c")]}
    side = os.path.join(os.path.dirname(language.__file__), "language_side.py")
    done = run(NICEMU, "exec", "-q", "--", "/usr/bin/python3", "-B", side, stdin=json.dumps(job) + "\n", timeout=120)
    answers = [answer for group in done.stdout.splitlines()[1:] for answer in json.loads(group)[0]]
    if len(answers) != len(lines):
        raise RuntimeError("nft's own answers to the drawn rules ended early: " + done.stderr[-500:])
    return [line for line, answer in zip(lines, answers) if not answer or "Could not process rule: " in answer]


def vector_lines():
    return ["add rule netdev t c " + row.text for row in vectors.RULES if ":" not in row.text.split()[0]]


def rules_cases(name, world, lines):
    """Lines that are judged one by one, in groups."""
    return [Case("%s, lines %d on" % (name, at + 1), [world, lines[at:at + IN_A_CASE]])
            for at in range(0, len(lines), IN_A_CASE)]


def file_cases():
    """rules/ as it stands."""
    out = []
    for folder in (RULES, os.path.join(RULES, "refused")):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".nft"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    out.append(Case("rules %s" % name, [file.read(), "list"]))
    return out


def chain_cases():
    return [Case("chain vector %d" % i, [row.text + "\n"]) for i, row in enumerate(vectors.CHAINS)]


def runs(lines=None):
    """Name of the run -> (text of the NIC file or None, cases)."""
    lines = drawn() if lines is None else lines
    wide = rules_cases("vectors", VECTOR_WORLD, vector_lines()) + rules_cases("seed %d" % SEED, WORLD, lines)
    wide += file_cases() + chain_cases() + transactions.WIDE + transactions.DEVICES
    return {"wide": (None, wide), "small": (SMALL_NIC, transactions.SMALL)}


def folder_name(number, case):
    return "%03d_%s" % (number, re.sub(r"[^a-z0-9]+", "_", case.name.lower()).strip("_"))


def lines_in(case):
    """How many lines of a case are judged one by one."""
    return sum(len(step) for step in case.steps if isinstance(step, list))


def step_file(step):
    """(suffix, text) of a step."""
    if isinstance(step, list):
        return "rules", "".join(line + "\n" for line in step)
    word = step.split(" ", 1)[0]
    if step == "list":
        return "list", ""
    if word == "check":
        return "check", step[len("check "):]
    if word in ("gone", "came", "rename"):
        return "event", step + "\n"
    return "nft", step


def write(folder, cases):
    """The folders that run_cases.sh reads."""
    for number, case in enumerate(cases):
        path = os.path.join(folder, folder_name(number, case))
        os.makedirs(path)
        for index, step in enumerate(case.steps):
            suffix, text = step_file(step)
            with open(os.path.join(path, "%02d.%s" % (index + 1, suffix)), "w", encoding="utf-8") as file:
                file.write(text)
