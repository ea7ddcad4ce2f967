# SPDX-License-Identifier: GPL-2.0-or-later
"""The build refuses includes that look upward: tried, for every pair of folders, with the build's own flags."""
import json
import os
import re
import shlex
import subprocess
import tempfile
import unittest

from nicemu import BUILD, SOURCE

ORDER = ["base", "flow", "packet", "config", "translate", "offload", "asic", "control", "ports", "engine", "host", "lint", "report"]


def rows_of_the_design():
    """folder -> set of folders it may use, from the layout table of DESIGN.md."""
    rows = {}
    with open(os.path.join(SOURCE, "emu", "DESIGN.md")) as f:
        for line in f:
            cells = [c.strip() for c in line.split("|")]
            names = re.fullmatch(r"`(\w+)/`", cells[1]) if len(cells) == 5 else None
            if names and names.group(1) in ORDER:
                may = cells[3]
                rows[names.group(1)] = (set(ORDER[:ORDER.index(names.group(1))]) if may == "all above"
                                        else set(may.split(",")[0].split()) & set(ORDER))
    return rows


def compile_commands():
    """folder -> the compiler command of one of its sources, without input and output."""
    with open(os.path.join(BUILD, "compile_commands.json")) as f:
        entries = json.load(f)
    commands = {}
    for entry in entries:
        found = re.search(r"/emu/(\w+)/", entry["file"])
        if found and found.group(1) in ORDER and "/tests/" not in entry["file"]:
            words = shlex.split(entry["command"])
            cut = words.index("-o")
            commands[found.group(1)] = words[:cut]
    return commands


def any_header(folder):
    where = os.path.join(SOURCE, "emu", folder, "include", "nicemu", folder)
    return "nicemu/%s/%s" % (folder, sorted(os.listdir(where))[0])


class Layers(unittest.TestCase):
    def test_each_folder_sees_exactly_its_row_of_the_design(self):
        rows, commands = rows_of_the_design(), compile_commands()
        self.assertEqual(sorted(rows), sorted(ORDER))
        self.assertEqual(sorted(commands), sorted(ORDER))
        for folder in ORDER:
            for other in ORDER:
                if other == folder:
                    continue
                with self.subTest(folder=folder, includes=other), tempfile.NamedTemporaryFile("w", suffix=".c") as f:
                    # Only whether the header is found is asked, so it is enough to preprocess.
                    f.write('#if !__has_include(<%s>)\n#error out of sight\n#endif\n' % any_header(other))
                    f.flush()
                    done = subprocess.run(commands[folder] + ["-E", "-o", os.devnull, f.name],
                                          capture_output=True, text=True)
                    self.assertEqual(done.returncode == 0, other in rows[folder], done.stderr)


if __name__ == "__main__":
    unittest.main()
