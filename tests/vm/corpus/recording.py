# SPDX-License-Identifier: GPL-2.0-or-later
"""Two recordings of what a NIC was told, compared event by event.

A recording is JSON lines (see DESIGN). run_cases marks in it where a case begins: a chain in a table
case_NAME is bound. What is compared of a case is its commands in order: which port and block, keys, masks,
actions, errno. Numbers that only one side can know are numbered by first appearance in the case, rules by
their nft handles, which count from the case's first one (a kernel that loads a module for a rule takes the batch from its beginning, with
other handles). Left out: ports that are told, what STATS said, times, reasons, indexes of devices.
"""
import collections
import difflib
import json
import re

MARK = "case_"
COMMANDS = ("BIND", "UNBIND", "REPLACE", "DESTROY", "RELEASE", "PORT_GONE", "LOST")
NOT_COMPARED = ("time", "reason", "last_used", "repeated", "indirect", "ifindex", "netns")

Difference = collections.namedtuple("Difference", "case kind field kernel ours")


class Malformed(Exception):
    """A recording that can't be read."""


def read(lines):
    """(header, events)"""
    events = []
    for number, line in enumerate(lines):
        try:
            event = json.loads(line)
        except ValueError as error:
            raise Malformed("line %d: %s" % (number + 1, error)) from None
        if not isinstance(event, dict) or ("nicemu_recording" if number == 0 else "event") not in event:
            raise Malformed("line %d is no event" % (number + 1))
        events.append(event)
    if not events:
        raise Malformed("it is empty")
    return events[0], events[1:]


def read_file(path):
    with open(path, encoding="utf-8") as file:
        return read(file)


def split(events):
    """Case -> its commands. The marks themselves are left out, and what comes before the first."""
    cases, name, marks = {}, None, set()
    for event in events:
        if event["event"] not in COMMANDS:
            continue
        table = event.get("table") or ""
        if event["event"] == "BIND" and table.startswith(MARK):
            name = table[len(MARK):]
            marks.add(event["binding"])
            cases.setdefault(name, [])
        elif name is not None and event.get("binding") not in marks:
            cases[name].append(event)
    return cases


def without_the_modules(events):
    """The events but for the UNBINDs that come with the end of their device: the module says them for the kernel, which may say
    nothing (whether it does, the sequences tell)."""
    out, gone = [], set()
    for event in reversed(events):
        if event["event"] == "PORT_GONE":
            gone.add(event["port"])
        elif event["event"] not in ("UNBIND", "RELEASE"):
            gone.clear()
        elif event["event"] == "UNBIND" and event["port"] in gone:
            continue
        out.append(event)
    return out[::-1]


class Numbers:
    """Numbers by first appearance."""

    def __init__(self):
        self.seen = {}

    def of(self, thing):
        return self.seen.setdefault(thing, len(self.seen) + 1)


def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name not in NOT_COMPARED}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def canonical(events):
    """The commands of a case as both sides must have them."""
    bindings, blocks, unknown, rules, out = Numbers(), Numbers(), Numbers(), {}, []
    first = next((event["handle"] for event in events if event.get("handle")), 0)
    for event in events:
        shown = plain(event)
        if event.get("binding"):
            shown["binding"] = bindings.of(event["binding"])
        if event.get("block"):
            shown["block"] = blocks.of(event["block"])
        if event["event"] == "REPLACE" and event.get("handle"):
            shown["handle"] -= first
            rules[event["cookie"]] = "handle %+d" % shown["handle"]
        if "cookie" in event:
            shown["cookie"] = rules.get(event["cookie"]) or "unknown %d" % unknown.of(event["cookie"])
        out.append(shown)
    return out


def fields(kernel, ours, path=""):
    """[(path, kernel's, ours)] of two events' fields that differ."""
    if isinstance(kernel, dict) and isinstance(ours, dict):
        return [found for name in sorted(set(kernel) | set(ours))
                for found in fields(kernel.get(name), ours.get(name), (path + "." if path else "") + name)]
    return [] if kernel == ours else [(path, kernel, ours)]


def shown(event):
    return json.dumps(event, sort_keys=True)


def compare_case(case, kernel, ours):
    """Differences between two lists of canonical events."""
    found = []
    # Events of the same command and rule are the same one, whatever else differs in them.
    key = lambda event: (event["event"], event.get("port"), event.get("cookie"))
    matcher = difflib.SequenceMatcher(None, [key(e) for e in kernel], [key(e) for e in ours], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            for left, right in zip(kernel[a:b], ours[c:d]):
                found += [Difference(case, left["event"], path, one, other) for path, one, other in fields(left, right)]
            continue
        found += [Difference(case, event["event"], "only the kernel", shown(event), None) for event in kernel[a:b]]
        found += [Difference(case, event["event"], "only nicemu", None, shown(event)) for event in ours[c:d]]
    return found


def compare(kernel_events, our_events):
    """(differences, how many events were compared, how many of them are accepted REPLACEs) of two recordings"""
    kernel, ours = split(kernel_events), split(our_events)
    found, count, replaced = [], 0, 0
    for case in list(kernel) + [name for name in ours if name not in kernel]:
        left, right = (canonical(without_the_modules(side.get(case, []))) for side in (kernel, ours))
        found += compare_case(case, left, right)
        count += max(len(left), len(right))
        replaced += sum(event["event"] == "REPLACE" and event["error"] is None for event in left)
    return found, count, replaced


def replaces(events):
    """Case -> how many REPLACEs it has, refused ones too."""
    return {case: sum(event["event"] == "REPLACE" for event in of_case) for case, of_case in split(events).items()}


def compare_text(case, kernel, ours):
    """Differences between what nft said in a case, line by line."""
    # Handles of tables are counted in the whole namespace.
    left, right = (re.sub(r"^(table .* \{) # handle \d+$", r"\1", said, flags=re.M).splitlines() for said in (kernel, ours))
    matcher, found = difflib.SequenceMatcher(None, left, right, autojunk=False), []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            found.append(Difference(case, "nft", "said", "\n".join(left[a:b]), "\n".join(right[c:d])))
    return found
