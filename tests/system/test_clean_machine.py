# SPDX-License-Identifier: GPL-2.0-or-later
"""A fresh Debian 12 in a chroot: a clean clone, and the README's two commands as they stand there."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from nicemu import SOURCE, skip_suite

# Its own mount namespace, so that nothing stays mounted whatever happens.
IN_CHROOT = r"""
set -eu
mount --rbind /proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
exec chroot "$1" sh -c "cd /nicemu && $2"
"""


def why_not():
    if os.environ.get("NICEMU_CLEAN_MACHINE"):
        return "this is the clean machine"
    if os.geteuid() != 0:
        return "needs root for a chroot"
    for program in ("mmdebstrap", "unshare", "git"):
        if not shutil.which(program):
            return "needs " + program
    if not os.path.exists(os.path.join(SOURCE, ".git")):
        return "needs a git clone, to make a clean one"
    return None


class CleanMachine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="nicemu-clean-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.root = os.path.join(cls.folder, "root")
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", "--include=ca-certificates",
                               "bookworm", cls.root], capture_output=True, text=True)
        if made.returncode != 0:
            skip_suite("mmdebstrap can't make a Debian 12 here: " + made.stderr.strip().splitlines()[-1])
        os.chmod(cls.folder, 0o755)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", SOURCE, cls.root + "/nicemu"], check=True)

    def type_command(self, command):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8",
                       "NICEMU_CLEAN_MACHINE": "1"}
        done = subprocess.run(["unshare", "--mount", "sh", "-c", IN_CHROOT, "sh", self.root, command],
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        sys.stdout.write(done.stdout[-4000:])
        return done

    def test_1_without_installing_it_says_what_to_install(self):
        done = self.type_command("scripts/run --no-install")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("apt-get install", done.stderr)

    def test_2_the_first_command_runs_the_demo(self):
        done = self.type_command("scripts/run")
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        self.assertIn("apt-get install", done.stderr)
        self.assertRegex(done.stdout, r"counter packets [1-9]\d* bytes [1-9]\d* drop")

    def test_3_the_second_command_passes_the_tests(self):
        done = self.type_command("scripts/test")
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-4000:])
        self.assertRegex(done.stdout, r"[1-9]\d* passed, 0 failed")


if __name__ == "__main__":
    reason = why_not()
    if reason:
        skip_suite(reason)
    unittest.main()
