# SPDX-License-Identifier: GPL-2.0-or-later
"""What sequences_kernel and sequences_nicemu printed, compared row by row."""
import os
import subprocess
from collections import namedtuple

from nicemu import BUILD
from recording import Difference

Result = namedtuple("Result", "found count different")


def ours(version):
    program = os.path.join(BUILD, "tests", "vm", "corpus", "sequences_nicemu")
    return subprocess.run([program, version], stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout


def rows(text):
    """{what a row says: its lines}; the last line counts them."""
    out, name = {}, None
    for line in text.splitlines():
        if line.startswith("= "):
            name = line[2:]
            out[name] = []
        elif not line.startswith("rows: "):
            out.setdefault(name, []).append(line)
    return out


def compare(kernel, nicemu):
    """A row that only one side has is a difference."""
    left, right = rows(kernel), rows(nicemu)
    found = [Difference("sequence: %s" % name, "sequence", "lines", "\n           ".join(left.get(name, ["not run"])),
                        "\n           ".join(right.get(name, ["not run"])))
             for name in list(right) + [name for name in left if name not in right] if left.get(name) != right.get(name)]
    return Result(found, len(right), len(found))
