# SPDX-License-Identifier: GPL-2.0-or-later
"""Differences that are expected, with names.

KNOWN: what nicemu does otherwise than a kernel, and why. Each must occur on the kernels that it names; one that
no longer does is a failure.
BUGS: what nicemu does as a kernel with a bug does, and a kernel without would not: behaviours of the kernel
table that can show in a rule, and where. A kernel that has the bug must show it.
"""
import re
from collections import Counter, namedtuple

import recording

# first, last: versions of kernels, last None for all after; case, kind: regular expressions.
Known = namedtuple("Known", "name first last case kind source")

KNOWN = []

Bug = namedtuple("Bug", "behavior field source")

BUGS = [Bug("short_load_masks_fixed", r"^keys\.\w+\.\w+\.mask$|^keys\.\w+\.\w+$", "39e88f28fb32, CVE-2026-74579"),
        Bug("vlan_key_fixup", r"^keys\.C?VLAN|^used_keys$", "783003f3bb8a, 14c20643ef94"),
        Bug("vlan_tci_host_order", r"^keys\.C?VLAN\.vlan_(id|dei|priority)", "ff4d90a89d3d"),
        Bug("control_addr_type", r"^keys\.CONTROL|^used_keys$", "3c78e9e0d33a")]


def bugs_of(behaviors):
    """Those of BUGS that a kernel with these behaviours has."""
    return [bug for bug in BUGS if not behaviors[bug.behavior]]


def rules_with_bugs(bugs, kernel, ideal):
    """(Counter of rules by behaviour, rules that no bug explains) of REPLACEs and what a kernel without bugs would send."""
    found, strange = Counter(), []
    for one, other in zip(kernel, ideal):
        paths = [path for path, _, _ in recording.fields(one, other)]
        if paths:
            names = {next((bug.behavior for bug in bugs if re.search(bug.field, path)), None) for path in paths}
            if None in names:
                strange.append((one, other))
            else:
                found[sorted(names)[0]] += 1
    return found, strange


# first, last (None: all after) of kernels that crash by themselves when a rule for hardware is committed, and why.
CRASHING = [((5, 10, 122), (5, 10, 999), "it frees a rule's flow rule twice at commit: 9dd732e0bdf5 went to a branch where the commit walk frees "
             "it already; observed on 5.10.262, with a BUG in slub, or silently")]


def crash(version):
    """Why no rule may be committed on this kernel, or None."""
    return next((why for first, last, why in CRASHING if first <= numbers(version) <= last), None)


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def applies(row, version):
    return numbers(row.first) <= numbers(version) and (row.last is None or numbers(version) <= numbers(row.last))


def name_of(version, difference, table):
    for row in table:
        if applies(row, version) and re.search(row.case, difference.case) and \
                re.search(row.kind, "%s %s" % (difference.kind, difference.field)):
            return row.name
    return None


def attribute(version, found, table=None):
    """([(difference, name or None)], names of those that are expected on this kernel and did not occur)"""
    table = KNOWN if table is None else table
    named = [(one, name_of(version, one, table)) for one in found]
    met = {name for _, name in named}
    return named, [row.name for row in table if applies(row, version) and row.name not in met]


def counts(named):
    return Counter(name for _, name in named if name)
