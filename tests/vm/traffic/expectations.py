# SPDX-License-Identifier: GPL-2.0-or-later
"""What connection tracking must have counted: in software what was sent, in hardware what STATS handed up."""
import os
import re

import recording

HEADERS = 28    # of IPv4 and UDP; accounting counts from the network header on
MESSAGE = 100   # bytes, as talk sends them


def tracked(path):
    """[(packets, bytes) of the original direction, of the reply]."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return [(int(packets), int(size)) for packets, size in re.findall(r"packets=(\d+) bytes=(\d+)", text)]


def original_cookie(events):
    """The first flow's two cookies, in the order in which they were offered."""
    cookies = []
    for event in events:
        if event["event"] == "REPLACE" and event["cookie"] not in cookies:
            cookies.append(event["cookie"])
    return cookies


def hardware(events, cookie):
    """Packets and bytes of all STATS of a cookie: every port's are added up."""
    sums = [sum_ for (number, _), sum_ in recording.counted(events).items() if number == cookie]
    return sum(packets for packets, _ in sums), sum(size for _, size in sums)


def software(messages):
    return messages, messages * (MESSAGE + HEADERS)


def both(messages, events):
    """Per direction: every message passed in software, and what hardware says it has counted."""
    result = []
    for cookie in original_cookie(events)[:2]:
        packets, size = hardware(events, cookie)
        result.append((software(messages)[0] + packets, software(messages)[1] + size))
    return result


# scenario: (messages that crossed the router in each direction, does hardware's count arrive?)
COUNTED = {
    "udp4_ages_out": lambda events: [software(3)] * 2,
    "udp4_kept_alive": lambda events: both(5, events),
    # Without the flag the software fast path does not count either: only the packets before the flow do.
    "udp4_no_counter": lambda events: [software(1)] * 2,
}


def check(scenario, out, events):
    """[(what is checked, is it so, expected and found)]."""
    expect = COUNTED.get(scenario.name)
    if not expect or scenario.front != "flow":
        return []
    path = os.path.join(out, scenario.name + ".conntrack")
    found = tracked(path) if os.path.exists(path) else []
    expected = expect(events)
    results = [("connection tracking counted what was sent and what STATS said", found == expected,
                f"expected {expected}, found {found}")]
    if scenario.name == "udp4_kept_alive":
        counted = hardware(events, original_cookie(events)[0])[0] if original_cookie(events) else 0
        results.append(("STATS moved counters", counted > 0, f"the sum of STATS is {counted}"))
    return results
