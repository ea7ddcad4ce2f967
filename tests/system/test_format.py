# SPDX-License-Identifier: GPL-2.0-or-later
"""Every C file is laid out by .clang-format, starts with its licence, and keeps to a readable size.

The kernel module follows the kernel's style and licence."""
import os
import shutil
import subprocess
import unittest

from nicemu import SOURCE, skip_suite


def c_files():
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "*.c", "*.h"], capture_output=True, text=True)
    return [os.path.join(SOURCE, name) for name in listed.stdout.splitlines()]


def is_kernels(path):
    """Part of the module, and not the header that programs share with it."""
    return os.path.dirname(path) == os.path.join(SOURCE, "emu", "kernel")


def licence(path):
    if not is_kernels(path):
        return "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
    return "// SPDX-License-Identifier: GPL-2.0\n" if path.endswith(".c") else "/* SPDX-License-Identifier: GPL-2.0 */\n"


class Format(unittest.TestCase):
    def test_the_layout_is_clang_formats(self):
        done = subprocess.run(["clang-format", "--dry-run", "-Werror"] + [path for path in c_files() if not is_kernels(path)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[:4000])

    def test_each_file_starts_with_its_licence_and_has_one_purpose(self):
        for path in c_files():
            with self.subTest(path), open(path) as f:
                lines = f.readlines()
                self.assertEqual(lines[0], licence(path))
                self.assertLessEqual(len(lines), 700)


if __name__ == "__main__":
    if not c_files():
        skip_suite("needs a git clone")
    if not shutil.which("clang-format"):
        skip_suite("needs clang-format")
    unittest.main()
