# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual page's examples, typed as they stand there."""
import json
import os
import shlex
import shutil
import tempfile
import unittest

from nicemu import NICEMU, PCAPS, RULES, SOURCE, run, skip_suite


def examples():
    with open(os.path.join(SOURCE, "emu", "cli", "nicemu.1")) as f:
        text = f.read().split("\n.SH EXAMPLES\n")[1].split(".nf\n")[1].split(".fi\n")[0]
    return text.replace("\\-", "-").splitlines()


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(RULES, os.path.join(self.folder, "rules"))
        shutil.copytree(PCAPS, os.path.join(self.folder, "pcaps"))
        shutil.copy(os.path.join(RULES, "demo.nft"), os.path.join(self.folder, "rules.nft"))
        for name in ("lan.pcap", "wan.pcap"):
            shutil.copy(os.path.join(PCAPS, "demo.pcap"), os.path.join(self.folder, name))
        self.environment = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
        self.environment["PATH"] = os.pathsep.join(
            (os.path.dirname(NICEMU), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))

    def test_each_does_what_it_says(self):
        # Those that begin with another program need a network or privileges.
        lines = [line for line in examples() if line.startswith("nicemu ")]
        self.assertGreaterEqual(len(lines), 9)
        for line in lines:
            with self.subTest(line):
                done = run(*shlex.split(line), cwd=self.folder, env=self.environment)
                self.assertEqual(done.returncode, 0, done.stderr)
                if " -j" in line:
                    json.loads(done.stdout)
                elif " -c " not in line:
                    self.assertTrue(done.stdout)

    def test_there_is_one_for_every_topic_of_show(self):
        text = "\n".join(examples())
        for topic in ("nic", "kernel", "rules --driver", "counters", "log"):
            self.assertIn("nicemu show " + topic, text)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
