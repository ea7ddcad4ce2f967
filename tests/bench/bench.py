# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu and its peers, measured in one run on this machine.

  bench.py [--quick] [ROWS...]       rows: lookup ranges zipf curve replay jobs update kernel loading
                                     hash million; all when none is named

A whole run writes tests/bench/RESULTS.md and tests/bench/speed.svg; with --quick, or of some rows
only, they are written beside the build (.build/bench/) and the tree stays as it is. The exit status
is 1 where engines do not agree.
"""
import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time

import plot
import results
import rows
import tools


class Plan:
    def __init__(self, quick, files):
        self.quick = quick
        self.files = files


def output(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found.group(1) if found else platform.machine()


def compiler():
    with open(os.path.join(tools.BUILD, "CMakeCache.txt"), encoding="utf-8") as file:
        found = re.search(r"CMAKE_C_COMPILER:\w+=(.*)", file.read())
    return output(found.group(1), "--version").split("\n")[0] if found else ""


def circumstances(quick):
    dirty = output("git", "-C", tools.SOURCE, "status", "--porcelain", "-uno", "emu")
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "commit": output("git", "-C", tools.SOURCE, "rev-parse", "--short", "HEAD") +
            (" with changes" if dirty else ""),
            "processor": processor(), "cores": os.cpu_count(), "quick": quick,
            "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
            "kernel": platform.release(), "compiler": compiler(),
            "dpdk": output("pkg-config", "--modversion", "libdpdk"),
            "nft": output("nft", "--version"),
            "libpcap": output("pkg-config", "--modversion", "libpcap"),
            "avx512": rows.has_avx512()}


def measure(names, quick):
    document = {"circumstances": circumstances(quick), "rows": {}, "skipped": {}, "wrong": {}}
    with tempfile.TemporaryDirectory(prefix="nicemu-bench.") as folder:
        plan = Plan(quick, rows.Files(folder))
        for name in names:
            begin = time.monotonic()
            tools.say(name)
            try:
                document["rows"][name] = rows.ROWS[name](plan)
            except rows.Skip as reason:
                document["skipped"][name] = str(reason)
                tools.say("  skipped: %s" % reason)
            except rows.Wrong as what:
                document["wrong"][name] = str(what)
                tools.say("  WRONG: %s" % what)
            tools.say("  %.0f s" % (time.monotonic() - begin))
    return document


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    tools.say("written: " + os.path.relpath(path, tools.SOURCE))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.strip().split("\n\n")[1].split("rows:")[0].strip())
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("rows", nargs="*")
    options = parser.parse_args()
    unknown = [name for name in options.rows if name not in rows.ROWS]
    if unknown:
        parser.error("no rows are called %s; there are: %s" % (unknown[0], " ".join(rows.ROWS)))
    document = measure(options.rows or list(rows.ROWS), options.quick)
    whole = not options.quick and not options.rows
    folder = tools.HERE if whole else tools.BUILD
    with open(os.path.join(tools.BUILD, "results.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    text = results.markdown(document, not options.rows)
    write(os.path.join(folder, "RESULTS.md"), text)
    if "curve" in document["rows"]:
        write(os.path.join(folder, "speed.svg"), plot.svg(document["rows"]["curve"] +
                                                          document["rows"].get("million", [])))
    if not whole:
        print(text)
    return 1 if document["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
