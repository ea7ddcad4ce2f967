# SPDX-License-Identifier: GPL-2.0-or-later
"""The corpus: cases for run_cases.c, from transactions.py, rules/, the vectors and nft's language by seed."""
import json
import os
import re

import language
import transactions
import vectors
from nicemu import BUILD, NICEMU, RULES, run
from transactions import Case

RUN_CASES = os.path.join(BUILD, "tests", "vm", "corpus", "run_cases")
SEED = int(os.environ.get("NICEMU_SEED", "1"))
DRAWN = int(os.environ.get("NICEMU_RULES", "1600"))
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
PORTS = "ports:\n" + "".join("  - name: eth%d\n" % n for n in range(4))
NICS = {"wide": "nic: wide\nmodel: generic\n" + PORTS,
        "small": "nic: small\nmodel: generic\nentries: %d\n" % transactions.ENTRIES + PORTS}
# Rules that the model refuses for its targets: a device that the NIC of an attached kernel gets as a port.
OF_THE_MODEL = ("mirror-target.nft", "redirect-target.nft")

# What kernels may be built without, in a chain without offload: a word of nft's language, and a rule.
FEATURES = {"reject": "reject", "fib": "fib saddr oif exists accept", "osf": 'osf name "Linux" accept', "synproxy": "synproxy",
            "socket": "socket transparent 1 accept", "log": "log", "queue": "queue", "limit": "limit rate 1/second",
            "quota": "quota 1 mbytes", "numgen": "numgen random mod 2 0 accept", "jhash": "jhash ip saddr mod 2 0 accept",
            "symhash": "symhash mod 2 0 accept", "rt": "rt mtu 1500 accept",
            "dup": "dup to eth1", "fwd": "fwd to eth1", "notrack": "notrack",
            "ct": "ct state new accept", "exthdr": "exthdr frag exists accept"}


def of_this_nic(text):
    """The language's rules name lo, which is no port."""
    return re.sub(r"\blo\b", "eth1", text)


class Offloadable(language.Language):
    """Rules for a netdev chain: half of them of forms that are offloaded, half anything."""

    def line(self):
        parts = self.offloadable("netdev") if self.chance(0.6) else self.anything("netdev")
        return "add rule netdev t c " + of_this_nic(language.text_of(parts))


def swept():
    """Every length of a prefix, every offset and length of a load that some field may have, tags, targets."""
    out = ["ip %s 10.%d.64.0/%d drop" % (field, length, length) for field in ("saddr", "daddr") for length in range(1, 33)]
    out += ["ip6 %s 2001:db8:%x::/%d drop" % (field, length, length) for field in ("saddr", "daddr") for length in range(1, 129)]
    out += ["ether saddr & %s == 02:00:00:00:00:00 drop" % ":".join(["ff"] * count + ["00"] * (6 - count)) for count in range(1, 7)]
    for head, base, most in (("", "ll", 24), ("meta protocol ip", "nh", 20), ("meta protocol ip6", "nh", 40), ("meta l4proto tcp", "th", 6),
                             ("meta l4proto udp", "th", 6)):
        out += ["%s @%s,%d,%d %d drop" % (head, base, 8 * at, 8 * length, 1 + at) for at in range(most)
                for length in ((1, 2, 3, 4, 5, 6) if base != "nh" else (1, 2, 4, 5, 16))]
    for tag in ("vlan id 7", "vlan id 4095", "ether type 8021ad vlan id 5 vlan type 8021q vlan id 7"):
        out += [tag + rest for rest in (" accept", " ip saddr 10.0.0.1 drop", " ip6 daddr 2001:db8::/32 drop", " tcp dport 80 drop",
                                        " ip protocol icmp fwd to eth1", " vlan pcp 3 drop")]
    out += ["%s %s to eth%d%s" % (head, what, port, end) for head in ("", "tcp dport 22") for what, end in
            (("fwd", ""), ("dup", ""), ("dup", " drop"), ("dup", " accept")) for port in range(4)]
    return ["add rule netdev t c " + line.strip() for line in out]


def sent(lines):
    """Those that nft sends to a kernel; what it refuses itself, or crashes on, says nothing about one."""
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


def drawn(seed=SEED, count=DRAWN):
    rules = Offloadable(seed)
    return sent([rules.line() for _ in range(count)])


def vector_lines():
    return ["add rule netdev t c " + row.text for row in vectors.RULES if ":" not in row.text.split()[0]]


def rules_cases(name, world, lines, size=IN_A_CASE):
    """Lines that are judged one by one, in groups: so many that nft can receive what a kernel says to refused ones."""
    return [Case("%s, lines %d on" % (name, at + 1), [world, lines[at:at + size]]) for at in range(0, len(lines), size)]


def file_cases():
    """rules/ as it stands."""
    out = []
    for folder in (RULES, os.path.join(RULES, "refused")):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".nft") and name not in OF_THE_MODEL:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    out.append(Case("rules %s" % name, [file.read(), "list"]))
    return out


def chain_cases():
    return [Case("chain vector %d" % i, [row.text + "\n"]) for i, row in enumerate(vectors.CHAINS)]


def feature_case():
    world = "table netdev t {\n\tset s4 { type ipv4_addr; }\n\tchain p {\n\t\ttype filter hook ingress device eth0 priority 10;\n\t}\n}\n"
    return Case("features", [world, ["add rule netdev t p " + rule for rule in FEATURES.values()]])


def lacking(kernel, ours):
    """Words of FEATURES that this kernel was built without, from what nft said in feature_case on both sides."""
    missing = [{int(number) for number in re.findall(r"^\w+\.nft:(\d+):.*: No such file or directory$", said, re.M)}
               for said in (kernel, ours)]
    return {word for number, word in enumerate(FEATURES, 1) if number in missing[0] - missing[1]}


def without(lines, words, said):
    """(what was said but for the lines that have one of these words, how many those are)"""
    kept, left = [], 0
    for line in said.splitlines(True):
        number = re.match(r"probe\.nft:(\d+):", line)
        text = lines[int(number.group(1)) - 1] if number and int(number.group(1)) <= len(lines) else ""
        if any(re.search(r"\b%s\b" % word, text) for word in words):
            left += 1
        else:
            kept.append(line)
    return "".join(kept), left


def accepted(case, said):
    """The case with those of its lines that a kernel accepted."""
    refused = {int(number) for number in re.findall(r"^\w+\.nft:(\d+):.*Error: ", said, re.M)}
    return Case(case.name, [[line for number, line in enumerate(step, 1) if number not in refused]
                            if isinstance(step, list) else step for step in case.steps])


def needs(case, words):
    """Whether a file of the case has one of these words."""
    return any(re.search(r"\b%s\b" % word, step) for step in case.steps if isinstance(step, str) for word in words)


def runs(lines=None):
    """Name of the run -> its cases."""
    lines = drawn() if lines is None else lines
    wide = [feature_case()] + rules_cases("vectors", VECTOR_WORLD, vector_lines()) + rules_cases("seed %d" % SEED, WORLD, lines)
    wide += rules_cases("swept", WORLD, sent(swept()), IN_A_CASE // 2) + file_cases() + chain_cases() + transactions.WIDE + transactions.DEVICES
    return {"wide": wide, "small": transactions.SMALL}


def only_probes(cases):
    """For a kernel that must not commit a rule: the cases that can do without."""
    return {"wide": [case for case in cases["wide"] if lines_in(case)]}


def folder_name(number, case):
    return "%03d_%s" % (number, re.sub(r"[^a-z0-9]+", "_", case.name.lower()).strip("_"))


def lines_in(case):
    """How many lines of a case are judged one by one."""
    return sum(len(step) for step in case.steps if isinstance(step, list))


def step_file(step, probe=False):
    """(suffix, text) of a step."""
    if isinstance(step, list):
        return "probe" if probe else "rules", "".join(line + "\n" for line in step)
    word = step.split(" ", 1)[0]
    if step == "list":
        return "list", ""
    if word == "check":
        return "check", step[len("check "):]
    if word in ("gone", "came", "rename"):
        return "event", step + "\n"
    return "nft", step


def write(folder, cases, probe=False):
    """The folders that run_cases reads. probe: lines are judged, and none is loaded."""
    for number, case in enumerate(cases):
        path = os.path.join(folder, folder_name(number, case))
        os.makedirs(path)
        for index, step in enumerate(case.steps):
            suffix, text = step_file(step, probe)
            with open(os.path.join(path, "%02d.%s" % (index + 1, suffix)), "w", encoding="utf-8") as file:
                file.write(text)
