# SPDX-License-Identifier: GPL-2.0-or-later
"""What in a kernel's log means that something is wrong with the kernel or a module."""
import re

COMPLAINTS = re.compile("|".join((
    r"^WARNING: ", r"^-+\[ cut here \]", r"\bBUG:? ", r"^kernel BUG at ", r"^Oops\b", r"\bOops: ", r"general protection fault",
    r"Kernel panic", r"^Call Trace:", r"unable to handle ", r"double fault", r"invalid opcode",
    r"rcu_.*(detected stalls|self-detected stall|detected expedited stalls)", r"soft lockup", r"hard LOCKUP",
    r"blocked for more than \d+ seconds", r"possible (recursive|circular|irq) lock", r"inconsistent lock state",
    r"suspicious RCU usage", r"bad unlock balance", r"held lock freed", r"scheduling while atomic",
    r"sleeping function called", r"unregister_netdevice: waiting", r"refcount_t: ", r"(list_add|list_del) corruption",
    r"\bKASAN: ", r"\bKFENCE: ", r"\bKCSAN: ", r"\bUBSAN: ", r"memory leak", r"still has objects", r"Objects remaining",
    r"Slab cache still has", r"page allocation failure", r"Out of memory", r"oom-kill", r"Bad page state",
    r"ODEBUG: ", r"DEBUG_LOCKS_WARN_ON", r"trying to register non-static key", r"percpu ref .* <= 0",
)))
TIME = re.compile(r"^\[ *\d+\.\d+\](\[ *[TC]\d+\])? ")
RECORD = re.compile(r"^\d+,\d+,\d+,[^;]*;(.*)")
BEFORE, AFTER, AT_MOST = 2, 30, 120


def console_lines(text):
    """The console's text without its times."""
    return [TIME.sub("", line.rstrip("\r")) for line in text.split("\n")]


def record_lines(text):
    """The messages of records as /dev/kmsg gives them; lines that begin with a space are keys of the record before."""
    return [record.group(1) for record in map(RECORD.match, text.split("\n")) if record]


def complaints(lines):
    """An excerpt of the log for each place that complains, [] for a clean log; at most AT_MOST lines."""
    shown = []
    last = -1
    for number, line in enumerate(lines):
        if number <= last or not COMPLAINTS.search(line):
            continue
        if shown:
            shown.append("...")
        first = max(number - BEFORE, last + 1)
        last = number + AFTER
        shown += lines[first:last + 1]
    return shown[:AT_MOST]
