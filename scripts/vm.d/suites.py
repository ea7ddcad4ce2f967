#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The suites of tests/vm on one real kernel, two at a time (a guest has one processor), and what they come to.

usage: suites.py TABLE VERSION LOGS [SUITE]...    (from scripts/vm test, in the source folder)

Each suite's output goes to LOGS/SUITE.log. A line a suite as it ends; of one that failed what it said. The last line is the sum.
All suites run and none failed: their results are compared with those that are kept (tests/vm/report.py).

Exit: 0; 1 something failed, or differs without a name; 130 interrupted (the suites with all that they started are ended).
"""
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import threading
import time

AT_A_TIME = 2
SHOWN = 20
COMPARED = re.compile(r"^compared (\d+) differ (\d+) known (\d+)$", re.M)
TESTS = re.compile(r"^tests passed (\d+), failed (\d+)$", re.M)


class Count:
    """What suites counted; names of one suite do not cover differences of another."""

    def __init__(self, text="", status=0):
        compared = [[int(number) for number in found] for found in COMPARED.findall(text)]
        tests = [[int(number) for number in found] for found in TESTS.findall(text)]
        self.compared, self.differ, self.known = [sum(column) for column in zip(*compared)] or [0, 0, 0]
        self.passed, self.failed = [sum(column) for column in zip(*tests)] or [0, 0]
        self.strange = max(self.differ - self.known, 0)
        # One that ends badly, or says nothing that can be counted, has failed whatever it printed.
        if not self.is_bad() and (status or not (compared or tests)):
            self.failed = 1

    def is_bad(self):
        return bool(self.failed or self.strange)

    def add(self, other):
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Running:
    """The suites that run, each in a process group of its own."""

    def __init__(self):
        self.lock = threading.Lock()
        self.groups = set()
        self.ended = False

    def run(self, command, out):
        """Its status, and processor seconds."""
        with self.lock:
            if self.ended:
                return 130, 0
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            self.groups.add(child.pid)
        _, status, used = os.wait4(child.pid, 0)
        with self.lock:
            self.groups.discard(child.pid)
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode, used.ru_utime + used.ru_stime

    def end(self):
        with self.lock:
            self.ended = True
            for group in self.groups:
                os.killpg(group, signal.SIGTERM)


def run_suite(running, name, command, log):
    began = time.monotonic()
    with open(log, "wb") as out:
        try:
            status, used = running.run(command, out)
        except OSError as error:
            status, used = 127, 0
            out.write(f"{command[0]}: {error.strerror}\n".encode())
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    count = Count(text, status)
    seconds = f"{time.monotonic() - began:.0f} s, processor {used:.0f} s"
    told = f"compared {count.compared} differ {count.differ} known {count.known}, tests passed {count.passed}"
    if not count.is_bad():
        return count, f"{name}: {told}, {seconds}"
    lines = text.splitlines()
    shown = [line for line in lines if line.startswith("FAILED")][:SHOWN] + ["..."] + lines[-SHOWN:]
    return count, "\n    ".join([f"{name}: FAILED, status {status}, {told} failed {count.failed}, {seconds}; {log}:"] + shown)


def check_results(version, logs, names, count):
    """Are the suites' results those that are kept, from which the report is made?"""
    report = os.path.join("tests", "vm", "report.py")
    paths = [os.path.join(logs, name + ".log") for name in names]
    if not os.path.exists(os.path.join("tests", "vm", "results", version + ".txt")):
        print(f"results: none of kernel {version} is kept ({report} write {version} {logs}/*.log)")
    elif subprocess.run(["/usr/bin/python3", "-B", report, "check", version] + paths, check=False).returncode == 0:
        count.passed += 1
    else:
        print(f"results: FAILED: they are not those that are kept ({report} write {version} {logs}/*.log)")
        count.failed += 1


def read_table(path, wanted):
    with open(path, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return [(row[0], row[1:]) for row in rows if not wanted or row[0] in wanted]


def main(table, version, logs, *wanted):
    suites = read_table(table, wanted)
    running, total = Running(), Count("tests passed 0, failed 0")
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            jobs = [pool.submit(run_suite, running, name, [word.replace("KERNEL", version) for word in command],
                                os.path.join(logs, name + ".log")) for name, command in suites]
            for job in concurrent.futures.as_completed(jobs):
                count, told = job.result()
                total.add(count)
                print(told, flush=True)
        except KeyboardInterrupt:
            running.end()
            return 130
    if not wanted and not total.is_bad():
        check_results(version, logs, [name for name, _ in suites], total)
    print(f"vm {version}: {total.compared} rules compared, {total.differ} differ ({total.known} by named kernel bugs), "
          f"{total.passed} tests passed, {total.failed} failed", flush=True)
    return 1 if total.is_bad() else 0


def interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    sys.exit(main(*sys.argv[1:]))
