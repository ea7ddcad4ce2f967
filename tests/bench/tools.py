# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that the measurements run."""
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("NICEMU_BUILD") or os.path.join(SOURCE, ".build", "bench")
NICEMU = os.path.join(BUILD, "emu", "cli", "nicemu")


def say(text):
    print(text, file=sys.stderr, flush=True)


def path(program):
    return os.path.join(BUILD, "tests", "bench", program)


def built(program):
    return os.access(path(program), os.X_OK)


def start(*words, **more):
    return subprocess.Popen([str(word) for word in words], text=True, start_new_session=True, **more)


def end(process):
    """Kill what is left of it, children included."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(*words, timeout=300):
    process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", "took more than %d s" % timeout)
    finally:
        end(process)
    return subprocess.CompletedProcess(words, process.returncode, output, errors)
