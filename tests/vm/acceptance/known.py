# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left out of the comparison, each with a name and its reason: what a kernel was built without, and small things
about messages that nicemu does not imitate of older kernels. None of them is a kernel's bug, and none is about rules in hardware."""
import re


def before(version, major, minor):
    return tuple(int(number) for number in version.split(".")[:2]) < (major, minor)


def handles_skip(case, line, version):
    """A batch that makes the kernel look for a module runs twice, so rules of later batches have other handles."""
    return case == "raw: rule expressions" and "/attributes:" in line


def flowtable_not_named(case, line, version):
    """Kernels before about 6.4 do not name the attribute when there is no such flowtable; nicemu keeps none."""
    return before(version, 6, 12) and case == "raw: get" and line.startswith("[1]/replies[14]/") and ("extended" in line or "flags" in line)


def other_mistake(case, line, version):
    """Of two mistakes in one GETSETELEM older kernels tell the missing table, newer ones the missing set."""
    return before(version, 6, 12) and case == "raw: unknown messages" and line.startswith("[19]/replies[0]/")


def replaced_in_order(case, line, version):
    """Kernels before about 5.16 tell of a replacing rule before the replaced one, newer ones after it."""
    return before(version, 6, 1) and case in ("raw: rule by handle", "raw: notifications of places") and "/events[" in line


def asked_in_a_batch(case, line, version):
    """Kernels before about 5.13 answer a GET inside a batch, newer ones refuse it."""
    return before(version, 6, 1) and case == "raw: get inside a batch"


KNOWN = {
    "get-in-batch": asked_in_a_batch,
    "replace-order": replaced_in_order,
    "batch-run-twice": handles_skip,
    "getflowtable-unnamed": flowtable_not_named,
    "getsetelem-order": other_mistake,
}


def name_of(case, line, version):
    for name, is_it in KNOWN.items():
        if is_it(case, line, version):
            return name
    return None


def row_name_of(row, theirs, ours):
    """The same for a row of the kernel table."""
    if row == "exthdr_dccp" and theirs and "EOPNOTSUPP" in theirs and not ours:
        return "lacks exthdr-dccp"  # built without CONFIG_NFT_EXTHDR_DCCP
    if row == "reject_netdev" and theirs and "ENOENT" in theirs and not ours:
        return "lacks reject"
    return None


# What an oracle program says: rules compared, different, and excluded with a reason of its own.
TOTALS = (
    re.compile(r"^seed \d+, kernel \S+: (\d+) rules, \d+ accepted, \d+ refused, (\d+) different, (\d+) excluded$", re.M),
    re.compile(r"^seed \d+: (\d+) random rules dumped, (\d+) different()$", re.M),
    re.compile(r"^(\d+) rules of nft dumped, (\d+) different()$", re.M),
    re.compile(r"^seed \d+: (\d+) rules of nft, the kernel offloads \d+, (\d+) different()$", re.M),
)


def totals(text):
    """(compared, different, excluded) that the text of an oracle program tells."""
    found = [tuple(int(number or 0) for number in match) for pattern in TOTALS for match in pattern.findall(text)]
    return tuple(map(sum, zip(*found))) if found else (0, 0, 0)
