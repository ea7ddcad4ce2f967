# SPDX-License-Identifier: GPL-2.0-or-later
"""One side of the language oracle: nft's own library, in a namespace of the running kernel or inside `nicemu exec`.

Reads a job (JSON) from standard input and writes an answer to each line on standard output:
  {"world": text, "optional": [command], "groups": [[line, …], …],
   "leave": [[number, …], …], "probes": [line, …]}
A group's lines are sent as one file; the lines with errors leave it and it is sent again, until the
rest is accepted whole. So every line is judged by nft's own checks, by the kernel at its message, and
at commit. An answer is the error with the part of the line that nft marks, or "".
What is accepted at its message and is to leave (another side lacks it) does not disturb the others at
commit. After each group comes what nft lists, as text and as nft's bytecode; then the rules are flushed.
Of a probe the answer is what nft would send, its bytecode; it is never committed.
"""
import ctypes
import json
import os
import re
import sys
import tempfile

DEBUG_NETLINK = 0x8
HEAD = re.compile(r"^/[^:]*:(\d+):(\d+-\d+): (.*)$")
POISON = "delete element ip t s4 { 203.0.113.77 }"  # refused by the kernel


class Nft:
    def __init__(self):
        self.library = ctypes.CDLL("libnftables.so.1")
        for name in ("nft_ctx_new", "nft_ctx_get_error_buffer", "nft_ctx_get_output_buffer"):
            getattr(self.library, name).restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.nft_ctx_new(0))
        self.library.nft_ctx_buffer_error(self.context)
        self.library.nft_ctx_buffer_output(self.context)

    def buffer(self, which):
        read = getattr(self.library, "nft_ctx_get_%s_buffer" % which)
        return ctypes.string_at(read(self.context)).decode(errors="replace")

    def run(self, text, check=False, debug=0):
        """(whether it went well, what was printed, the errors)"""
        self.library.nft_ctx_set_dry_run(self.context, check)
        self.library.nft_ctx_output_set_debug(self.context, debug)
        # From a file: errors of a buffer carry no line numbers.
        with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
            file.write(text)
            file.flush()
            failed = self.library.nft_run_cmd_from_filename(self.context, file.name.encode())
        return failed == 0, self.buffer("output"), self.buffer("error").replace(file.name, "/file")


def errors_by_line(text):
    """Line number → (what nft says, what it marks) of each error, the first one for a line."""
    out = {}
    for line in text.splitlines():
        head = HEAD.match(line)
        if head and "Error: " in head.group(3):
            out.setdefault(int(head.group(1)), head.group(2) + " " + head.group(3))
    return out


def send_alone(nft, lines, left, last=""):
    """One file of the lines whose numbers are left: {number: error}, or the text that is no line's error."""
    good, _, errors = nft.run("\n".join([lines[i] for i in left] + [last]) + "\n")
    found = errors_by_line(errors)
    if not good and not found:
        return errors.strip() or "failed without an error"
    return {left[number - 1]: message for number, message in found.items() if number <= len(left)}


def send(nft, lines, left, last=""):
    """The same, first in a process of its own: nft 1.0.6 aborts on some rules (its assertions fail)."""
    if not aborts(lines, left):
        return send_alone(nft, lines, left, last)
    return {i: "nft aborts" for i in left if aborts(lines, [i])}


def aborts(lines, left):
    child = os.fork()
    if child == 0:
        os.close(2)
        Nft().run("\n".join(lines[i] for i in left) + "\n", check=True)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def settle(nft, lines, leave=()):
    """The answer to each line; the accepted ones are committed, but for those to leave out."""
    answers, left = [""] * len(lines), list(range(len(lines)))
    # With a last line that fails nothing is committed, and each error is of its own line.
    for last in (POISON, ""):
        left = [i for i in left if last or i not in leave]
        for _ in range(len(lines) + 1):
            found = send(nft, lines, left, last)
            if isinstance(found, str):
                return ["no error of any line: " + found] * len(lines)
            if not last:
                # A table that has a rule at a wrong place refuses every rule after it, too.
                found = {i: found[i] for i in {lines[i].split()[2]: i for i in sorted(found, reverse=True)}.values()}
            if not found:
                break
            for i, message in found.items():
                answers[i] = message
            left = [i for i in left if i not in found]
    return answers


def main():
    job = json.loads(sys.stdin.readline())
    nft = Nft()
    good, _, errors = nft.run(job["world"])
    print(json.dumps([good, errors] + [nft.run(command)[2] for command in job["optional"]]), flush=True)
    for lines, leave in zip(job["groups"], job["leave"]):
        answers = settle(nft, lines, leave)
        listing = nft.run("list ruleset")[1]
        code = nft.run("list ruleset", debug=DEBUG_NETLINK)[1]
        for family, chain in job["flush"]:
            nft.run("flush chain %s t %s" % (family, chain))
        print(json.dumps([answers, listing, code]), flush=True)
    for line in job["probes"]:
        print(json.dumps(nft.run(line, check=True, debug=DEBUG_NETLINK)[1]), flush=True)


if __name__ == "__main__":
    main()
