# SPDX-License-Identifier: GPL-2.0-or-later
"""What the system tests share: the built program, running commands, skipping with a reason."""
import os
import signal
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("NICEMU_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("NICEMU_BUILD") or os.path.join(SOURCE, "build")
NICEMU = os.path.join(BUILD, "emu", "cli", "nicemu")
if os.environ.get("NICEMU_TEST_JOBS"):
    os.environ["NICEMU_BUILD"] = BUILD
    NICEMU = os.path.join(SOURCE, "tests", "system", "with_jobs")
SHARED_PCAPS = os.environ.get("NICEMU_PCAPS") or os.path.join(SOURCE, "..", "shared", "pcaps")
PCAPS = os.path.join(SOURCE, "pcaps")
RULES = os.path.join(SOURCE, "rules")


def start(*words, **more):
    """Start a command at the head of a process group of its own, for end_group."""
    return subprocess.Popen([str(w) for w in words], text=True, start_new_session=True, **more)


def end_group(process):
    """Kill what is left of a started command, children that it left behind included: whoever waits
    for the end of its output would wait for them, too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream and not stream.closed:
            stream.close()


def run(*words, stdin=None, timeout=120, **more):
    """Run a command; text in, text out, never raises on its exit status."""
    process = start(*words, stdin=subprocess.PIPE if stdin is not None else None,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    try:
        output, errors = process.communicate(stdin, timeout=timeout)
    finally:
        end_group(process)
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


def nicemu(*words, **more):
    return run(NICEMU, *words, **more)


def skip_suite(reason):
    """The whole suite can't run here."""
    print("SKIP: " + reason, flush=True)
    sys.exit(77)


def write_temporary(text, suffix=".nft"):
    """A file with this text that lives as long as the test process."""
    handle = tempfile.NamedTemporaryFile("w", suffix=suffix)
    handle.write(text)
    handle.flush()
    _kept.append(handle)
    return handle.name


_kept = []
