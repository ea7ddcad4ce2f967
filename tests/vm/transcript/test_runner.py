# SPDX-License-Identifier: GPL-2.0-or-later
"""The runner of transcripts: what it takes for equal, and that it finds what is not."""
import os
import shutil
import subprocess
import tempfile
import unittest

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runner.sh")
SHELLS = [["sh"]] + ([["busybox", "sh"]] if shutil.which("busybox") else [])


class Runner(unittest.TestCase):
    def type(self, shell, text):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(text)
            file.flush()
            return subprocess.run(shell + [RUNNER, file.name], capture_output=True, text=True, timeout=30)

    def expect(self, text, status, last):
        for shell in SHELLS:
            with self.subTest(shell=shell, transcript=text):
                done = self.type(shell, text)
                self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (status, last), done.stdout + done.stderr)

    def passes(self, text, blocks=1):
        self.expect(text, 0, f"tests passed {blocks}, failed 0")

    def fails(self, text, passed=0):
        self.expect(text, 1, f"tests passed {passed}, failed 1")

    def test_equal_output_passes(self):
        self.passes("# prose\n\n$ echo a; echo b >&2\na\nb\n")

    def test_other_output_fails(self):
        self.fails("$ echo a\nb\n")

    def test_output_that_nobody_expects_fails(self):
        self.fails("$ echo a; echo b\na\n")

    def test_missing_output_fails(self):
        self.fails("$ echo a\na\nb\n")

    def test_silence_is_expected_as_silence(self):
        self.passes("$ true\n")
        self.fails("$ echo a\n")

    def test_status_is_part_of_what_is_expected(self):
        self.passes("$ (exit 3)\n(status 3)\n")
        self.fails("$ (exit 3)\n")
        self.fails("$ true\n(status 3)\n")

    def test_patterns_stand_for_what_varies_and_for_no_more(self):
        self.passes("$ echo 'packets 12 of 0xaB at eth0 (4.2 s)'\npackets <number> of 0x<hex> at <word> (<any>)\n")
        self.fails("$ echo packets x\npackets <number>\n")
        self.fails("$ echo packets 12x\npackets <number>\n")
        self.fails("$ echo a b\n<word>\n")

    def test_other_characters_mean_themselves(self):
        line = r"a.b*c+d?e(f)g[h]i{j}k|l^m$n/o\p<q>"
        self.passes(f"$ cat <<'E'\n> {line}\n> E\n{line}\n")
        self.fails("$ echo abc\na.c\n")

    def test_dots_stand_for_any_lines_also_for_none(self):
        self.passes("$ seq 9\n...\n3\n...\n7\n8\n...\n")
        self.passes("$ seq 2\n1\n...\n2\n")
        self.passes("$ printf '1\\n2\\n1\\n3\\n'\n...\n1\n3\n")
        self.fails("$ seq 9\n...\n5\n...\n4\n...\n")

    def test_empty_lines_count_on_neither_side(self):
        self.passes("$ printf 'a\\n\\nb\\n'\na\nb\n")
        self.passes("$ printf 'a\\nb\\n'\na\n\nb\n\n# prose\n")

    def test_what_a_block_sets_the_next_one_sees(self):
        self.passes("$ x=1\n\n$ echo $x\n1\n", 2)

    def test_a_failure_does_not_hide_what_follows(self):
        self.fails("$ echo a\nb\n$ echo c\nc\n", passed=1)

    def test_a_command_that_reads_does_not_eat_the_transcript(self):
        self.passes("$ cat\n$ echo a\na\n", 2)

    def test_text_that_belongs_to_no_command_is_an_error(self):
        for shell in SHELLS:
            self.assertEqual(self.type(shell, "what is this\n$ echo a\na\n").returncode, 2)

    def test_a_transcript_without_commands_is_an_error(self):
        self.expect("# prose\n", 2, "tests passed 0, failed 0")


if __name__ == "__main__":
    unittest.main()
