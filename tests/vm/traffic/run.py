#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of flowtables and flower on a real kernel, compared with the recordings that are kept.

    tests/vm/traffic/run.py [--kernel V] [--build FOLDER] [--core] [--update] [--out FOLDER | --again FOLDER] [NAME...]

The scenarios of scenarios.py (all, those marked core, or the named ones) run one after the other in a guest of
scripts/vm; nicemu attach records what the kernel sends. Then three things are checked: what the scripts in the guest
found, that the new recording says what the kept one does (recording.py says what is compared), and the counters of
connection tracking (expectations.py). --update keeps the new recordings instead of comparing; for another kernel than
6.1 only where they differ from an older branch's. --out keeps what came from the guests, --again looks at it once more without
a guest. The last line is "tests passed P, failed F".
"""
import argparse
import os
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)
sys.dont_write_bytecode = True

import expectations  # noqa: E402
import recording  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

SOURCE = os.path.abspath(os.path.join(FOLDER, "..", "..", ".."))
RECORDINGS = os.path.join(FOLDER, "..", "recordings")
FIRST = "6.1"   # the branch whose recordings are complete; others have what is different there
BINDERS = {"flow": "flowtable", "flower": None}
LACKING = 77
A_GUEST = 10


class Results:
    """Counts, and a line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    def note(self, good, text, lines=()):
        self.passed += good
        self.failed += not good
        if not good:
            print("FAILED:", text)
            for line in lines:
                print("   ", line)
        sys.stdout.flush()


def file_name(scenario):
    return f"{scenario.front}_{scenario.name}.jsonl"


def branch_of(version):
    return ".".join(version.split(".")[:2])


def numbers(version):
    """6.12.95 as [6, 12]; a suite's name has none."""
    try:
        return [int(number) for number in version.split(".")[:2]]
    except ValueError:
        return []


def is_before(kernel, since):
    """Is this version, or the start of one, before since? A suite's name is not."""
    return bool(since and numbers(kernel)) and numbers(kernel) < numbers(since)


def kept_path(scenario, version):
    """The kept recording for this kernel: of the newest branch that is not newer, or of 6.1."""
    folders = sorted((f for f in os.listdir(RECORDINGS) if numbers(f) and not is_before(version, f)), key=numbers, reverse=True)
    for folder in folders + [FIRST]:
        path = os.path.join(RECORDINGS, folder, file_name(scenario))
        if os.path.exists(path):
            return path
    return None


def talk_program(build, work):
    """The built one, or one built here."""
    path = os.path.join(build, "tests", "vm", "traffic", "talk")
    if not os.path.exists(path):
        path = os.path.join(work, "talk")
        subprocess.run(["cc", "-std=gnu17", "-O2", "-o", path, os.path.join(FOLDER, "talk.c")], check=True)
    return path


def run_guest(chosen, arguments, work, out):
    """(status, lines that the guest said)."""
    with open(os.path.join(work, "scenarios"), "w", encoding="utf-8") as file:
        for scenario in chosen:
            file.write(f"{scenario.front} {scenario.name} {scenario.options}\n")
    command = [os.path.join(SOURCE, "scripts", "vm"), "run", "--kernel", arguments.kernel, "--timeout", str(arguments.timeout),
               "--out", out, "--nicemu", arguments.build, "--program", talk_program(arguments.build, work),
               os.path.join(FOLDER, "scenario.sh"), FOLDER, os.path.join(work, "scenarios")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    # Of results, only the last line of this program may count.
    return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("tests passed")]


def guests(chosen):
    """Rows of scenarios, one a guest: not too many, so that a guest that is lost takes few along."""
    together = [s for s in chosen if not s.alone]
    rows = [together[i:i + A_GUEST] for i in range(0, len(together), A_GUEST)]
    return rows + [[s] for s in chosen if s.alone]


def note_guest(lines, results):
    """What the scripts in the guest found."""
    name = "before the first scenario"
    for number, line in enumerate(lines):
        if line.startswith("scenario "):
            name = line.split(" ", 1)[1]
        elif line.startswith("ok: "):
            results.note(True, line)
        elif line.startswith("FAILED: "):
            more = [text for text in lines[number + 1:number + 8] if text.startswith("    ")]
            results.note(False, f"{name}: {line[8:]}", more)


def first_line(scenario, head):
    made = f"tests/vm/traffic/run.py --update {scenario.name}"
    made += f" (nicemu attach {scenario.options})" if scenario.options else ""
    return {"nicemu_recording": recording.VERSION, "generator": head["generator"], "source": "kernel",
            "kernel": head["kernel"], "shows": scenario.shows, "made": made}


def update(scenario, head, raw, events, results):
    """Keep it, unless what is kept for this kernel says the same, of whatever branch it is."""
    branch = branch_of(head["kernel"])
    path = os.path.join(RECORDINGS, branch, file_name(scenario))
    kept = kept_path(scenario, branch)
    if kept and kept != path:
        if not recording.differences(recording.commands(recording.load(kept)[1]), events, scenario.timing, scenario.order):
            return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    recording.save(path, first_line(scenario, head), recording.ports(raw, events) + recording.cut(events))
    results.note(True, f"kept {path}")
    print("kept", os.path.relpath(path, SOURCE), os.path.getsize(path), "bytes")


def compare(scenario, out, arguments, results):
    path = os.path.join(out, scenario.name + ".jsonl")
    try:
        head, raw = recording.load(path)
    except (OSError, recording.BadRecording) as error:
        results.note(False, f"{scenario.name}: no recording: {error}")
        return
    events = recording.normal(raw, BINDERS[scenario.front], only_busy=scenario.front == "flower")
    for text, good, why in expectations.check(scenario, out, events):
        results.note(good, f"{scenario.name}: {text}", [why])
    if arguments.update:
        update(scenario, head, raw, events, results)
        return
    kept = kept_path(scenario, head["kernel"])
    if not kept:
        results.note(False, f"{scenario.name}: no recording is kept for {head['kernel']}")
        return
    lines = recording.differences(recording.commands(recording.load(kept)[1]), events, scenario.timing, scenario.order)
    results.note(not lines, f"{scenario.name}: another sequence than in {os.path.relpath(kept, SOURCE)}", lines)


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--kernel", default=FIRST)
    parser.add_argument("--build", default=os.environ.get("NICEMU_BUILD") or os.path.join(SOURCE, "build"))
    parser.add_argument("--timeout", type=int, default=400)
    parser.add_argument("--core", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--out")
    parser.add_argument("--again", metavar="FOLDER")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    known = {s.name for s in SCENARIOS}
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"no scenario {unknown[0]}; there are: {' '.join(sorted(known))}")
    return arguments


def main():
    arguments = parse()
    results = Results()
    chosen = [s for s in SCENARIOS if (s.name in arguments.names if arguments.names else s.core or not arguments.core)]
    for scenario in [s for s in chosen if is_before(arguments.kernel, s.since)]:
        print(f"skipped: {scenario.name}: only since {scenario.since}")
        chosen.remove(scenario)
    with tempfile.TemporaryDirectory() as work:
        out = arguments.again or arguments.out or os.path.join(work, "out")
        for together in [] if arguments.again else guests(chosen):
            status, lines = run_guest(together, arguments, work, out)
            if arguments.verbose or status not in (0, 1):
                print("\n".join(lines))
            if status == 4:
                return LACKING
            note_guest(lines, results)
            if status not in (0, 1):
                results.note(False, f"the guest ended with status {status}")
        for scenario in chosen:
            compare(scenario, out, arguments, results)
    print(f"tests passed {results.passed}, failed {results.failed}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
