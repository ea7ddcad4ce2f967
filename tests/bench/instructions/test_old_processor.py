# SPDX-License-Identifier: GPL-2.0-or-later
"""On x86-64 processors without AVX2, and on the oldest there is, the packet path runs its portable code:
an instruction that they do not have would end the program. The processors are qemu-user's."""
import os
import platform
import shutil
import unittest

from nicemu import BUILD, run, skip_suite

PROGRAM = os.path.join(BUILD, "tests", "bench", "instructions", "bench_instructions")
# The first x86-64 with SSE2 only, SSSE3, SSE4.2.
PROCESSORS = ("qemu64,-ssse3,-sse4.1,-sse4.2,-pni", "core2duo", "Nehalem")


def rows(*command):
    done = run(*command, timeout=300)
    if done.returncode != 0:
        raise AssertionError("%s: exit %d %s" % (" ".join(command), done.returncode, done.stderr[-1000:]))
    return {line.split()[0] for line in done.stdout.splitlines()} - {"-"}


class OldProcessor(unittest.TestCase):
    def test_all_stages_run_with_what_the_processor_has(self):
        wanted = {row for row in rows(PROGRAM) if "/avx2/" not in row and "/tuples/" not in row}
        self.assertTrue(any(row.startswith("pump/") for row in wanted), wanted)
        for processor in PROCESSORS:
            with self.subTest(processor=processor):
                self.assertEqual(rows("qemu-x86_64", "-cpu", processor, PROGRAM), wanted)


if __name__ == "__main__":
    if platform.machine() != "x86_64":
        skip_suite("this is not x86-64")
    if not shutil.which("qemu-x86_64"):
        skip_suite("needs qemu-x86_64 (Debian: apt install qemu-user)")
    unittest.main()
