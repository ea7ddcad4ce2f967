# SPDX-License-Identifier: GPL-2.0-or-later
"""The README's recipes, typed as they stand there, in a copy of the samples."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from nicemu import NICEMU, SOURCE

# What a recipe must print for a reader to believe it.
EXPECTED = {
    "What would this ruleset count?": r"tenant 10|vlan id 10",
    "Which rules were accepted": r"order-undefined",
    "How many more of these rules": r"is2: [1-9]\d* rules of",
    "From a script": r"^[1-9]\d*\n$",
    "How fast is it": r"^replay +\d+\.\d\d [kMG]?/s",
    "Keep an emulator running": r"counter packets [1-9]",
}


def recipes():
    """(title, its commands as one script) for each recipe."""
    with open(os.path.join(SOURCE, "README.md")) as f:
        text = f.read().split("## Recipes")[1].split("\n## ")[0]
    for part in re.split(r"\n(?=\*\*)", text)[1:]:
        title = re.match(r"\*\*(.+?)\*\*", part).group(1)
        yield title, "\n".join(line[4:] for line in part.splitlines() if line.startswith("    "))


class Recipes(unittest.TestCase):
    def test_each_recipe_does_what_it_says(self):
        found = dict(recipes())
        self.assertGreaterEqual(len(found), 7)
        for title, script in found.items():
            with self.subTest(title), tempfile.TemporaryDirectory() as folder:
                for name in ("rules", "pcaps", "netdevsim-config"):
                    shutil.copytree(os.path.join(SOURCE, name), os.path.join(folder, name))
                self.assertTrue(script)
                done = subprocess.run(["sh", "-e", "-c", script], cwd=folder, capture_output=True, text=True,
                                      env=dict(os.environ, PATH=os.path.dirname(NICEMU) + ":" + os.environ["PATH"]))
                self.assertEqual(done.returncode, 0, done.stderr)
                for start, pattern in EXPECTED.items():
                    if title.startswith(start):
                        self.assertRegex(done.stdout, re.compile(pattern, re.M))
                if "Write what was dropped" in title:
                    for name in ("dropped.pcap", "second-port.pcapng"):
                        self.assertGreater(os.path.getsize(os.path.join(folder, name)), 100)

    def test_samples_of_output_are_what_is_printed(self):
        with open(os.path.join(SOURCE, "README.md")) as f:
            samples = re.findall(r"^```\n\$ (nicemu .*)\n((?:.*\n)*?)```$", f.read(), re.M)
        self.assertGreaterEqual(len(samples), 1)
        for command, output in samples:
            with self.subTest(command):
                done = subprocess.run(shlex.split(command), executable=NICEMU, cwd=SOURCE, capture_output=True,
                                      text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout, output)

    def test_every_link_leads_somewhere(self):
        for page in ("README.md", "emu/README.md", "rules/README.md"):
            with open(os.path.join(SOURCE, page)) as f:
                for target in re.findall(r"\]\(([^)#:]+)\)", f.read()):
                    path = os.path.join(SOURCE, os.path.dirname(page), target)
                    self.assertTrue(os.path.exists(path), "%s: %s" % (page, target))


if __name__ == "__main__":
    unittest.main()
