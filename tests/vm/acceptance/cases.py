# SPDX-License-Identifier: GPL-2.0-or-later
"""Which cases of tests/system/nft_cases.py a guest gets, in how many words, and what is compared of them.

A guest starts programs slowly, so `nft list ruleset` is left out where a dump tells the same, and of the
cases that are alike in every family one family remains, unless all are asked for.
"""
import json

import nft_cases
import oracle

NIC = "nic: four\nmodel: generic\nports:\n" + "".join("  - name: nicemu%d\n" % n for n in range(4))
# Alike in all families, or long and about nothing that differs by kernel.
LEFT_OUT = ("ip6:", "arp:", "inet:", "bridge:", "ip6 ", "arp ", "inet nat", "inet route", "bridge nat", "bridge route",
            "netdev nat", "netdev route", "raw: name of", "raw: u32", "raw: u64", "raw: userdata", "raw: lying", "raw: policy",
            "ip: list", "netdev: list", "ip: echo", "netdev: echo", "jump in place", "deep enough", "uses")


def without_listing(case):
    steps = [step for step in case["steps"] if step.get("argv", [])[-2:] != ["list", "ruleset"]]
    return {"name": case["name"], "steps": steps}


def chosen(everything):
    cases = list(nft_cases.all_cases())
    if everything:
        return cases
    return [without_listing(case) for case in cases if not case["name"].startswith(LEFT_OUT)]


def write(path, cases):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(case) + "\n" for case in cases)


def owners_alike(event):
    """A table's owner is the client's port id."""
    attributes = event.get("attributes")
    if not isinstance(attributes, str) or not str(event.get("type")).endswith("TABLE"):
        return event
    parts = [oracle.attr(kind, b"" if kind == 7 else value) for kind, value in
             oracle.attributes(bytes.fromhex(attributes))]
    return dict(event, attributes=b"".join(parts).hex())


def normal(value):
    if isinstance(value, dict):
        return owners_alike({key: normal(part) for key, part in value.items()})
    return [normal(part) for part in value] if isinstance(value, list) else value


def compare(cases, kernel, ours):
    """(case, step or None, line) of each difference; a case that is missing on a side is one."""
    for case, theirs, mine in zip(cases, kernel, ours):
        if theirs is None or mine is None:
            yield case, None, "not run by %s" % ("the kernel's side" if theirs is None else "nicemu's side")
            continue
        for number, (step, left, right) in enumerate(zip(case["steps"], normal(theirs), normal(mine))):
            for line in oracle.differences(left, right):
                yield case, step, "[%d]%s" % (number, line)
