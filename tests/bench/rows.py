# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured, a function a group of rows: each gives records (dictionaries) or a reason why it
can't be measured here (Skip).

Every record has figures of one run, engines or programs taking turns in it. Only ratios inside one
record mean something: the machine's speed changes from minute to minute.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys

import tools


class Skip(Exception):
    """These rows can't be measured here, and why."""


class Wrong(Exception):
    """An engine decided, counted or refused otherwise than the others: its speed means nothing."""


CATEGORIES = ("acl", "fw", "ipc")
COLD = "nicemu,nicemu-cache,nicemu-table,rte_acl"
ZIPF = "nicemu-cache,nicemu,rte_acl-cache,rte_acl"


def has_avx512():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return " avx512bw" in file.read()
    except OSError:
        return False


def peers(*words, timeout=900):
    """A document of bench_peers. Different answers of two engines are an error, not a figure."""
    if not tools.built("bench_peers"):
        raise Skip("bench_peers is not built: DPDK (libdpdk-dev) is missing")
    done = tools.run(tools.path("bench_peers"), *words, timeout=timeout)
    if done.returncode == 1:
        raise Wrong("bench_peers %s: %s" % (" ".join(map(str, words)), done.stderr.strip()[-300:]))
    if done.returncode:
        raise Skip("bench_peers %s: %s" % (" ".join(map(str, words)), done.stderr.strip()[-300:]))
    return json.loads(done.stdout)


def look_up(plan, kind, form, rules, engines, *words, rounds=7, memory=2048):
    if has_avx512():
        engines += ",rte_acl-avx512"
    tools.say("  %s %s %d %s" % (kind, form, rules, " ".join(map(str, words))))
    packets = () if "--packets" in words else ("--packets", 1000000)
    return peers("lookup", kind, form, rules, "--engines", engines, "--rounds",
                 5 if plan.quick else rounds, "--memory", memory, *packets, *words)


def lookup(plan):
    sizes = (1000, 10000) if plan.quick else (1000, 10000, 100000)
    sets = [(kind, size) for kind in CATEGORIES for size in sizes]
    sets += [("acl1", 10000)]
    if plan.quick:
        sets += [("acl", 100000)]
    else:
        sets += [("acl1", 1000), ("acl1", 100000), ("chain", 10000), ("ipv6", 10000), ("mixed", 10000)]
    return [look_up(plan, kind, "masked", size, COLD) for kind, size in sets]


def ranges(plan):
    kinds = CATEGORIES + ("acl1",)
    sizes = (1000, 10000)
    return [look_up(plan, kind, "ranges", size, COLD) for kind in kinds for size in sizes]


def zipf(plan):
    sizes = (10000,) if plan.quick else (1000, 10000)
    return [look_up(plan, kind, "masked", size, ZIPF, "--zipf") for kind in CATEGORIES
            for size in sizes]


def curve(plan):
    """Points for the plot; the slow, obvious table with fewer packets the more rules there are."""
    records = []
    for size in (100, 1000, 10000) if plan.quick else (100, 1000, 3000, 10000, 30000, 100000):
        record = look_up(plan, "acl", "masked", size, "nicemu,rte_acl", rounds=5)
        slow = peers("lookup", "acl", "masked", size, "--engines", "reference", "--rounds", 3,
                     "--packets", max(500, 5000000 // size), "--memory", 64)
        record["engines"] += slow["engines"]
        records.append(record)
    return records


def million(plan):
    if plan.quick:
        raise Skip("a million rules take rte_acl minutes to build: not with --quick")
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if available < 16 << 30:
        raise Skip("a million rules want 16 GB of memory for rte_acl")
    return [look_up(plan, "acl", "masked", 1000000, COLD, "--packets", 500000, rounds=3, memory=8192)]


def hash_table(plan):
    flows = (100000, 1000000) if plan.quick else (100000, 1000000, 16000000)
    return [peers("hash", count, "--packets", 1000000, "--memory", 512 + count // 5000)
            for count in flows]


class Files:
    """Rules and traffic as files, made once."""

    def __init__(self, folder):
        self.folder = folder
        self.made = {}

    def get(self, kind, rules, zipf_traffic=False, packets=1000000, software=False):
        key = (kind, rules, zipf_traffic, packets, software)
        if key not in self.made:
            base = os.path.join(self.folder, "-".join(map(str, key)))
            words = ["--rules", base + ".nft", "--trace", base + ".pcap", "--packets", packets]
            words += ["--zipf"] * zipf_traffic + ["--software"] * software
            done = tools.run(tools.path("bench_generate"), kind, rules, *words)
            if done.returncode:
                raise Skip("bench_generate: " + done.stderr.strip())
            self.made[key] = (base + ".nft", base + ".pcap")
        return self.made[key]


def bench(*words, timeout=300):
    """A document of `nicemu bench`; it ends with 1 where rules are refused or an update was not seen."""
    done = tools.run(tools.NICEMU, "bench", words[0], "-j", *words[1:], timeout=timeout)
    if done.returncode:
        raise (Wrong if done.returncode == 1 else Skip)("nicemu bench %s: %s" % (words[0], done.stderr.strip()[-300:]))
    return json.loads(done.stdout)


def read_only(capture):
    """Millions of packets a second of each way to read a capture (bench_reading)."""
    done = tools.run(tools.path("bench_reading"), capture, 3)
    if done.returncode:
        raise Skip("bench_reading: " + done.stderr.strip())
    rates = {}
    for line in done.stdout.splitlines():
        if " median " in line:
            name, rest = line.split("  ", 1)
            rates[name.strip()] = float(rest.split()[0]) * 1e6
    return rates


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def replay(plan):
    """The whole of a replay, and libpcap only reading the same file, in turns."""
    records = []
    for size in (1000, 10000):
        for traffic in (False, True):
            rules, capture = plan.files.get("acl", size, traffic)
            found = {}
            for _ in range(3 if plan.quick else 5):
                for name, rate in read_only(capture).items():
                    found.setdefault(name, []).append(rate)
                document = bench("replay", "-r", rules, capture, "--seconds", 10)
                found.setdefault("replay", []).append(document["replay_per_second"])
                found.setdefault("first", []).append(document["first_pass_per_second"])
            tools.say("  acl %d %s" % (size, "zipf" if traffic else "cold"))
            records.append({"kind": "acl", "rules": size, "traffic": "zipf" if traffic else "cold",
                            "packets": document["packets"], "matched": document["matched"],
                            "rates": {name: spread(values) for name, values in found.items()}})
    return records


def jobs(plan):
    """One replay with two threads against two replays at once, which share nothing."""
    if (os.cpu_count() or 1) < 2:
        raise Skip("one core only")
    rules, capture = plan.files.get("acl", 10000)
    words = ["replay", "-r", rules, capture, "--runs", 15, "--seconds", 20]
    found = {"one": [], "jobs": [], "two": []}
    for _ in range(3):
        found["one"].append(bench(*words)["replay_per_second"])
        found["jobs"].append(bench(*words, "--jobs", 2)["replay_per_second"])
        found["two"].append(sum(two_at_once(words)))
    return [{"rules": 10000, "rates": {name: spread(values) for name, values in found.items()}}]


def two_at_once(words):
    started = [tools.start(tools.NICEMU, "bench", words[0], "-j", *words[1:],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    try:
        outputs = [process.communicate(timeout=300)[0] for process in started]
    finally:
        for process in started:
            tools.end(process)
    if any(process.returncode for process in started):
        raise Skip("nicemu bench replay failed, two at once")
    return [json.loads(output)["replay_per_second"] for output in outputs]


def update(plan):
    records = []
    for size in (10000, 100000):
        rules, capture = plan.files.get("acl", size)
        tools.say("  acl %d" % size)
        document = bench("update", "-r", rules, capture, "--seconds", 15)
        records.append({"rules": size, "updates_per_second": document["updates_per_second"],
                        "slowdown": document["slowdown"],
                        "lookup_during_updates_per_second":
                            document["lookup_during_updates_per_second"],
                        "sentinel_checks": document["sentinel_checks"]})
    return records


# In `nicemu exec`: how long nft took by the clock, and how much of that it worked itself.
TIME_NFT = """import resource, subprocess, sys, time
begin = time.monotonic()
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - begin, used.ru_utime + used.ru_stime)
sys.exit(status)"""


def children_seconds():
    """Processor time of all programs that have been run, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def loading(plan):
    """Rules through the real nft into the table: what nicemu adds to nft's own time. By the clock others
    at work count fully, so nicemu's own processor time stands beside it."""
    nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not nft:
        raise Skip("nft is not installed")
    records = []
    for size in (10000, 100000):
        rules, _ = plan.files.get("acl", size, packets=1000)
        found = {"whole": [], "nft": [], "beyond": [], "nicemu": []}
        for _ in range(3):
            before = children_seconds()
            done = tools.run(tools.NICEMU, "exec", "--", sys.executable, "-c", TIME_NFT, nft, "-f", rules)
            worked = children_seconds() - before
            if done.returncode:
                raise Skip("nicemu exec: " + done.stderr.strip()[-200:])
            whole, own = map(float, done.stdout.split())
            for name, value in (("whole", whole), ("nft", own), ("beyond", whole - own), ("nicemu", worked - own)):
                found[name].append(value)
        records.append({"rules": size, "seconds": {name: spread(values)
                                                   for name, values in found.items()}})
    return records


def kernel(plan):
    """The kernel's software path with the same rules and frames, in a network namespace."""
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run(unshare + ["true"]).returncode:
        raise Skip("no network namespaces here")
    records = []
    for size in (100, 1000):
        rules, capture = plan.files.get("acl", size, packets=50000, software=True)
        offloaded, same = plan.files.get("acl", size, packets=50000)
        tools.say("  acl %d" % size)
        done = tools.run(*unshare, sys.executable, "-B", os.path.join(tools.HERE, "kernel_path.py"),
                         rules, capture, 1 if plan.quick else 2)
        if done.returncode:
            raise Skip("the kernel's path: " + done.stderr.strip()[-300:])
        measured = json.loads(done.stdout)
        document = bench("replay", "-r", offloaded, same, "--seconds", 10)
        if document["matched"] * measured["passes"] != measured["matched"]:
            raise Wrong("the kernel and nicemu do not count the same: %d times %d, %d" % (
                measured["passes"], document["matched"], measured["matched"]))
        measured.update(rules=size, nicemu=document["replay_per_second"])
        records.append(measured)
    return records


# In the order in which they are measured; the key is the word on the command line.
ROWS = {"lookup": lookup, "ranges": ranges, "zipf": zipf, "curve": curve, "replay": replay, "jobs": jobs,
        "update": update, "kernel": kernel, "loading": loading, "hash": hash_table,
        "million": million}
