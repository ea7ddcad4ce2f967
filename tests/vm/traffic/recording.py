# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings of what a kernel sent to a driver: reading, making two runs comparable, cutting, comparing.

When STATS and repeated REPLACE of a live flow come depends on how fast the guest is: the kernel's timer asks once
a second, and a REPLACE is repeated when a packet reaches software and the flow's time-out has moved by a second.
So the comparison has two parts:
  - exact, in order: everything else. BIND, UNBIND, RELEASE, DESTROY, each REPLACE that says something new.
  - of each rule: whether it got STATS at all, and whether its REPLACE was repeated. A scenario that does not wait
    for these leaves them out (its "timing" in scenarios.py).
Traffic may come between a command and the command of an independent actor (two timers, two work queues); which
scenarios have that, and what is compared there, is said in scenarios.py ("order").
"""
import json

VERSION = 1
# Different in each run, or said elsewhere.
LEFT_OUT = ("time", "last_used", "netns")
# So many STATS and repeats of REPLACE of a rule are kept, a recording is for reading.
KEPT_REPEATS = 1


class BadRecording(Exception):
    """Not a recording; the text says where."""


def load(path):
    """(first line, events)."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    try:
        head, *events = [json.loads(line) for line in lines]
    except (ValueError, TypeError) as error:
        raise BadRecording(f"{path}: {error}") from error
    if not isinstance(head, dict) or head.get("nicemu_recording") != VERSION:
        raise BadRecording(f"{path}: its first line is not that of a recording")
    return head, events


class Numbers:
    """Things by their first appearance, from 1."""

    def __init__(self):
        self.known = {}
        self.next = 1

    def of(self, thing):
        if thing not in self.known:
            self.known[thing] = self.next
            self.next += 1
        return self.known[thing]


def binders(events):
    """binding -> binder, of the bindings that the events name."""
    return {e["binding"]: e["binder"] for e in events if e["event"] == "BIND"}


def select(events, binder):
    """The events of bindings of one kind (None: all), in order. What belongs to no binding that was told of (a joint
    of the guest's own, made before the recorder was there) is left out. A BIND that was refused has no number."""
    kinds = {b: kind for b, kind in binders(events).items() if b is not None and binder in (None, kind)}
    return [e for e in events if e.get("binding") in kinds
            or (e["event"] == "BIND" and e["binding"] is None and binder in (None, e["binder"]))]


def busy(events):
    """The events of bindings that got a rule: clsact makes two bindings a port, and which of them goes first is
    another question than what its filters say."""
    used = {event["binding"] for event in events if "cookie" in event}
    return [event for event in events if event.get("binding") in used]


def normal(events, binder=None, only_busy=False):
    """The events without what differs between two runs of the same; bindings, blocks and cookies are numbered."""
    bindings, blocks, cookies = Numbers(), Numbers(), Numbers()
    result = []
    events = select(events, binder)
    for event in busy(events) if only_busy else events:
        event = {name: value for name, value in event.items() if name not in LEFT_OUT}
        if event["binding"] is not None:
            event["binding"] = bindings.of(event["binding"])
        if event.get("block") is not None:
            event["block"] = blocks.of(event["block"])
        if event.get("cookie") is not None:
            event["cookie"] = cookies.of(event["cookie"])
        result.append(event)
    return result


def named_ports(events):
    """Names of the ports that events are on, or send to."""
    names = {event["port"] for event in events if event.get("port")}
    return names | {action["port"] for event in events for action in event.get("actions", ()) if action.get("port")}


def ports(raw, events):
    """What was told of the ports that the events name; it stands before them, and is for the reader."""
    told = {event["name"]: event for event in raw if event["event"] == "port"}
    return [{name: value for name, value in told[port].items() if name not in LEFT_OUT + ("was",)}
            for port in sorted(named_ports(events)) if port in told]


def commands(events):
    """The events without what is told of ports."""
    return [event for event in events if event["event"] != "port"]


def rule_of(event):
    return event["binding"], event.get("cookie")


def text_of(event):
    return json.dumps(event, sort_keys=True)


def is_repeat(event, live):
    """STATS, or a REPLACE that says what the rule's last one said (and was answered alike)."""
    return event["event"] == "STATS" or (event["event"] == "REPLACE" and live.get(rule_of(event)) == text_of(event))


def split(events):
    """(what is compared in order, {rule: {kind of repeat: how many}})."""
    ordered, repeats, live = [], {}, {}
    for event in events:
        rule = rule_of(event)
        if is_repeat(event, live):
            repeats.setdefault(rule, {}).setdefault(event["event"], 0)
            repeats[rule][event["event"]] += 1
            continue
        if event["event"] == "REPLACE":
            live[rule] = text_of(event)
        elif event["event"] == "DESTROY":
            live.pop(rule, None)
        ordered.append(event)
    return ordered, repeats


def cut(events):
    """The events with long rows of repeats shortened."""
    result, seen, live = [], {}, {}
    for event in events:
        rule = rule_of(event)
        if is_repeat(event, live):
            count = seen.setdefault(rule, {}).get(event["event"], 0)
            seen[rule][event["event"]] = count + 1
            if count >= KEPT_REPEATS:
                continue
        elif event["event"] == "REPLACE":
            live[rule] = text_of(event)
        result.append(event)
    return result


def counted(events):
    """Packets and bytes that STATS handed up, by cookie and port."""
    sums = {}
    for event in events:
        if event["event"] == "STATS":
            place = event["cookie"], event["port"]
            packets, size = sums.get(place, (0, 0))
            sums[place] = packets + event["packets"], size + event["bytes"]
    return sums


def without_counts(event):
    """STATS as they are compared: what a program counts is its own business."""
    if event["event"] != "STATS":
        return event
    return {name: value for name, value in event.items() if name not in ("packets", "bytes")}


def sort_independent(events, order):
    """order "rule": only the order within each rule, and of bindings, counts. Stable otherwise."""
    if order == "all":
        return events
    return sorted(events, key=lambda e: (e["binding"] or 0, e.get("cookie") or 0))


def show(event):
    """An event in a line, for a message."""
    words = [event["event"], event.get("port") or "-"]
    words += [f"{name} {event[name]}" for name in ("binder", "direction", "table", "chain", "cookie", "prio", "chain_index",
                                                    "protocol", "error") if event.get(name) is not None]
    return " ".join(str(word) for word in words)


def differences(expected, got, timing=(), order="all"):
    """Lines that say where two rows of normal events differ; none when they are the same."""
    lines = []
    rows = []
    for events in (expected, got):
        rows.append(split([without_counts(e) for e in events]))
    wanted, found = (sort_independent(row[0], order) for row in rows)
    for number, (one, other) in enumerate(zip(wanted, found), 1):
        if one == other:
            continue
        lines.append(f"event {number}: recorded {show(one)}; now {show(other)}")
        lines += [f"    {name}: recorded {json.dumps(one.get(name))}; now {json.dumps(other.get(name))}"
                  for name in sorted(set(one) | set(other)) if one.get(name) != other.get(name)]
        break
    else:
        longer, what = (wanted, "missing now") if len(wanted) > len(found) else (found, "not in the recording")
        lines += [f"event {number}: {what}: {show(event)}"
                  for number, event in enumerate(longer, 1) if number > min(len(wanted), len(found))]
    for kind in timing:
        one, other = ({rule for rule, kinds in row[1].items() if kind in kinds} for row in rows)
        lines += [f"{kind} of binding {binding}, cookie {cookie}: only {where}" for where, rules in
                  (("in the recording", one - other), ("now", other - one)) for binding, cookie in sorted(rules)]
    return lines


def save(path, head, events):
    with open(path, "w", encoding="utf-8") as file:
        for line in [head] + events:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
