# SPDX-License-Identifier: GPL-2.0-or-later
"""Differences that are expected, with names: bugs of kernels that nicemu does not show, and why.

Each must occur on the kernels that it names; one that no longer does is a failure.
"""
import re
from collections import Counter, namedtuple

# first, last: versions of kernels, last None for all after; case, kind: regular expressions.
Known = namedtuple("Known", "name first last case kind source")

KNOWN = []


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
