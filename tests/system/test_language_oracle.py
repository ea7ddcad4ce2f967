# SPDX-License-Identifier: GPL-2.0-or-later
"""The running kernel as oracle over nft's whole language: thousands of rules, valid and invalid, from a seed.

Every rule goes through nft's own library to the running kernel and to the emulator (language_side.py).
Both must accept it or refuse it with the same error at the same part of the line; then nft must list
what both accepted alike, as text and as bytecode.

The only differences allowed are features that this kernel lacks. A type of expression is lacking where
the kernel answers ENOENT to the bare expression in a plain chain of a family for which the emulator
knows it; that is asked of both, for every difference, and counted by name.

NICEMU_SEED and NICEMU_RULES choose the rules.
"""
import collections
import json
import os
import re
import sys
import unittest

import language
import oracle
from nicemu import NICEMU, SOURCE, run, skip_suite
from oracle import NLM_F_APPEND, NLM_F_CREATE, attr, batch, case, message

SEED = int(os.environ.get("NICEMU_SEED", "1"))
RULES = int(os.environ.get("NICEMU_RULES", "6800"))
JUDGED_MINIMUM, ACCEPTED_MINIMUM = 5000, 1500  # of the kernel's answers
IN_A_FILE = 200
SHOWN = 20
SIDE = ["/usr/bin/python3", "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "language_side.py")]
KERNEL = ["unshare", "-n"]
# A NIC without the device that the chains name: as on the kernel, nothing is bound.
EMULATOR = [NICEMU, "exec", "-q", "-n", os.path.join(SOURCE, "netdevsim-config", "two-port.yaml"), "-k",
            oracle.kernel_release(), "--"]


def ask(side, lines, names_of=(), lacking=()):
    """(answers to the world's commands, answers, listings, what nft would send for each of names_of)"""
    world, optional = language.world()
    groups = [lines[i:i + IN_A_FILE] for i in range(0, len(lines), IN_A_FILE)]
    job = {"world": world, "optional": optional, "groups": groups, "probes": list(names_of),
           "leave": [[number - at for number in lacking if at <= number < at + IN_A_FILE]
                     for at in range(0, len(lines), IN_A_FILE)],
           "flush": [(family, chain) for family in language.FAMILIES for chain in language.CHAINS[family]]}
    done = run(*side, *SIDE, stdin=json.dumps(job) + "\n", timeout=300)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != 1 + len(groups) + len(names_of):
        raise AssertionError("%s ended early (%d): %s" % (side[0], done.returncode, done.stderr[-2000:]))
    of_groups = answers[1:1 + len(groups)]
    return (answers[0], [answer for group in of_groups for answer in group[0]],
            [group[1:] for group in of_groups], answers[1 + len(groups):])


def is_kernels(answer):
    """Whether the kernel said it, and not nft alone."""
    return answer == "" or "Could not process rule: " in answer


def same(line, kernel, ours):
    """Equal answers. A kernel without NFT_BRIDGE_META refuses its keys by themselves, the emulator the rule."""
    if any(key in line for key in language.BRIDGE_KEYS) and line.startswith("add rule bridge"):
        return kernel.split(" ", 1)[1:] == ours.split(" ", 1)[1:]
    return kernel == ours


def in_order(bytecode):
    """Elements of a set come in the order of its hash."""
    out, elements = [], []
    for line in bytecode.splitlines() + [""]:
        if line.startswith("\telement"):
            elements.append(line)
        else:
            out += sorted(elements) + [line]
            elements = []
    return out


def bare(family, name):
    """A rule in a plain chain whose only expression has no attributes at all."""
    table, chain = attr(1, "bare"), attr(3, "plain")
    flags = NLM_F_CREATE | NLM_F_APPEND
    return case("%s %s" % (family, name), batch(
        message("NEWTABLE", attr(1, "bare"), family=family, flags=NLM_F_CREATE),
        message("NEWCHAIN", table, chain, family=family, flags=NLM_F_CREATE),
        message("NEWRULE", table, attr(2, "plain"), attr(4, [attr(1, [attr(1, name)])]), family=family, flags=flags),
        end=False), final_dump=False)


def lacking_features(names):
    """{(family, type)}: this kernel answers ENOENT to the bare expression, where the emulator knows it."""
    pairs = [(family, name) for family in language.FAMILIES for name in names]
    cases = [bare(*pair) for pair in pairs]
    out = set()
    for pair, kernel, ours in zip(pairs, oracle.on_kernel(cases), oracle.on_nicemu(cases)):
        kernel, ours = ([reply["error"] for reply in side[0]["replies"] if reply["sequence"] == 3] for side in
                        (kernel, ours))
        if kernel == ["ENOENT"] and ours != ["ENOENT"]:
            out.add(pair)
    return out


def names_in(bytecode):
    """The types of expressions in what nft prints of a rule."""
    return sorted(set(re.findall(r"^  \[ (\w+) ", bytecode or "", flags=re.M)))


class LanguageOracle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rules = language.Language(SEED)
        cls.rules = [rules.rule() for _ in range(RULES)]
        cls.lines = ["add rule %s t %s %s" % (family, chain, language.text_of(parts))
                     for family, chain, parts in cls.rules]
        cls.kernel = ask(KERNEL, cls.lines)
        # What the kernel may lack must not change how the emulator commits the other lines.
        missing = [i for i, answer in enumerate(cls.kernel[1]) if answer.endswith("No such file or directory")]
        cls.ours = ask(EMULATOR, cls.lines, lacking=missing)

    def pairs(self):
        return list(zip(self.rules, self.lines, self.kernel[1], self.ours[1]))

    def test_the_kernels_answers_and_errnos(self):
        different = [(rule, line, kernel, ours) for rule, line, kernel, ours in self.pairs()
                     if not same(line, kernel, ours) and (is_kernels(kernel) or is_kernels(ours))]
        codes = ask(EMULATOR, [], [line for _, line, _, _ in different])[3]
        names = [names_in(code) for code in codes]
        lacking = lacking_features(sorted({name for rule in names for name in rule}))
        counted, left = collections.Counter(), []
        for (rule, line, kernel, ours), types in zip(different, names):
            why = [name for name in types if (rule[0], name) in lacking]
            if rule[:2] == ("bridge", "o") and "meta" in types and (kernel == "" or kernel.endswith("not supported")):
                # Built without NFT_BRIDGE_META, bridges have the common `meta`, which can be offloaded.
                counted["NFT_BRIDGE_META"] += 1
            elif why and kernel.endswith("No such file or directory"):
                counted["%s (%s)" % (why[0], rule[0])] += 1
            else:
                left.append("%s\n    kernel %s\n    nicemu %s" % (line, kernel or "accepts", ours or "accepts"))
        self.tell(counted, left)
        self.assertFalse(left, "seed %d, %d differences:\n%s" % (SEED, len(left), "\n".join(left[:SHOWN])))
        judged = [kernel for kernel in self.kernel[1] if is_kernels(kernel)]
        self.assertGreaterEqual(len(judged), JUDGED_MINIMUM)
        self.assertGreaterEqual(judged.count(""), ACCEPTED_MINIMUM)

    def tell(self, lacking, left):
        answers = collections.Counter(re.sub(r".*rule: ", "", answer) or "accepted" for answer in self.kernel[1]
                                      if is_kernels(answer))
        print("seed %d: %d rules, %d refused by nft itself, %d answered by the kernel:" %
              (SEED, len(self.rules), len(self.rules) - sum(answers.values()), sum(answers.values())), file=sys.stderr)
        for name, count in answers.most_common():
            print("  %-40s %d" % (name, count), file=sys.stderr)
        print("differences: %d; features that this kernel lacks: %d" % (len(left), sum(lacking.values())),
              file=sys.stderr)
        for name, count in sorted(lacking.items()):
            print("  %-40s %d" % (name, count), file=sys.stderr)

    def test_the_commands_that_make_objects(self):
        for i, (kernel, ours) in enumerate(zip(self.kernel[0], self.ours[0])):
            self.assertEqual(kernel, ours, "command %d of the world" % i)

    def test_accepted_rules_are_listed_alike(self):
        accepted = [line for _, line, kernel, ours in self.pairs() if kernel == ours == ""]
        kernel, ours = ask(KERNEL, accepted), ask(EMULATOR, accepted)
        self.assertEqual(kernel[1], ours[1])
        self.assertGreaterEqual(kernel[1].count(""), ACCEPTED_MINIMUM)
        for (text, code), (our_text, our_code) in zip(kernel[2], ours[2]):
            self.assertEqual(text.splitlines(), our_text.splitlines())
            self.assertEqual(in_order(code), in_order(our_code))

    def test_every_expression_and_statement_reached_the_kernel(self):
        reached = {part.name for (_, _, parts), _, kernel, _ in self.pairs() if is_kernels(kernel) for part in parts}
        wanted = set(language.GROUPS) | set(language.STATEMENTS) | set(language.LIKELY)
        self.assertEqual(wanted - reached, set())


if __name__ == "__main__":
    reason = oracle.kernel_reason()
    if reason:
        skip_suite(reason)
    if oracle.kernel_release() != "6.18":
        skip_suite("the cases are known for kernel 6.18, this one is " + oracle.kernel_release())
    unittest.main()
