# SPDX-License-Identifier: GPL-2.0-or-later
"""The running kernel's software path: a veth pair in this (fresh) network namespace.

tcpreplay sends the frames, and a counter in an earlier chain says that exactly they arrived.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import draw
from frames import write_capture

RECEIVER, SENDER = "eth0", "wire0"
# As nicemu's first port has them by default.
RECEIVER_INDEX, RECEIVER_ADDRESS = "2", "02:00:00:00:00:00"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

COUNT_ALL = """
table netdev arrived {
chain c {
type filter hook ingress device "%s" priority -100;
counter comment "all"
}
}
""" % RECEIVER


class Unusable(Exception):
    """This environment can't be the oracle."""


def find(program):
    return shutil.which(program, path=PATH)


def _run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Unusable("%s: %s" % (" ".join(words), done.stderr.strip()))
    return done.stdout


def _load(text):
    """nft's complaint, or nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([find("nft"), "-f", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    return done.stderr if done.returncode else ""


def set_up():
    """The pair of devices, silent and without offloads. Unusable when that is impossible."""
    for program in ("nft", "ip", "ethtool", "tcpreplay"):
        if not find(program):
            raise Unusable(program + " is not installed")
    for name in ("all", "default"):
        path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name
        if os.path.exists(path):
            try:
                with open(path, "w", encoding="ascii") as file:
                    file.write("1")
            except OSError as error:
                raise Unusable("%s: %s" % (path, error)) from error
    _run(find("ip"), "link", "add", RECEIVER, "index", RECEIVER_INDEX, "address", RECEIVER_ADDRESS,
         "type", "veth", "peer", "name", SENDER, "index", "100")
    for device in (RECEIVER, SENDER):
        for feature in ("gro", "gso", "tso", "tx", "rx"):
            subprocess.run([find("ethtool"), "-K", device, feature, "off"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _run(find("ip"), "link", "set", device, "arp", "off", "mtu", "65535", "up")
    complaint = _load(COUNT_ALL)
    if complaint:
        raise Unusable("nf_tables: " + complaint.strip())


def add_device(name, index):
    """Another device, whose other end nobody listens to."""
    _run(find("ip"), "link", "add", name, "index", str(index), "type", "veth", "peer", "name", name + "peer",
         "index", str(100 + index))
    _run(find("ip"), "link", "set", name, "arp", "off", "mtu", "65535", "up")


def load(text):
    """{line: complaint} of a file that nft loads; empty when it was taken."""
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([find("nft"), "-f", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if not done.returncode:
            return {}
        found = re.findall(re.escape(file.name) + r":(\d+):[^\n]*Error: ([^\n]*)", done.stderr)
    if not found:
        raise Unusable("nft: " + done.stderr.strip())
    return {int(line): complaint for line, complaint in found}


def count(read, frames):
    """What these frames add to what read() tells: {name: (packets, bytes)}."""
    for _ in range(3):
        before = read()
        if _send_and_wait(frames):
            after = read()
            return {name: (after[name][0] - old[0], after[name][1] - old[1]) for name, old in before.items()}
    raise Unusable("frames were lost on the way, or there was other traffic")


def refused_for_offload(rules):
    """Numbers of the rules that this kernel does not take for offload, and its complaints.

    Asked on a device that does not exist: the kernel translates, and nothing is bound. A kernel
    that refuses such a chain (before about 6.16) refuses no rule here; then nicemu may.
    """
    text = draw.ruleset(rules, "absent0", True, table="asked")
    with tempfile.NamedTemporaryFile("w", suffix=".nft") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([find("nft"), "-c", "-f", file.name], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        lines = re.findall(re.escape(file.name) + r":(\d+):[^\n]*Error: ([^\n]*)", done.stderr)
    refused = {int(line) - draw.FIRST_LINE: text for line, text in lines}
    return {number: text for number, text in refused.items() if number >= 0}


def _counters(table):
    """Packets and bytes by comment."""
    listing = json.loads(_run(find("nft"), "-j", "list", "table", "netdev", table))
    found = {}
    for item in listing["nftables"]:
        for expression in item.get("rule", {}).get("expr", []):
            if "counter" in expression:
                counter = expression["counter"]
                found[item["rule"]["comment"]] = (counter["packets"], counter["bytes"])
    return found


def _send(frames):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        write_capture(file.name, frames)
        _run(find("tcpreplay"), "--quiet", "--topspeed", "--intf1=" + SENDER, file.name)


def _arrived():
    return _counters("arrived")["all"][0]


def _send_and_wait(frames):
    """False when not exactly these have arrived."""
    expected = _arrived() + len(frames)
    _send(frames)
    for _ in range(200):
        if _arrived() >= expected:
            break
        time.sleep(0.01)
    return _arrived() == expected


def measure(rules, batches):
    """For each batch of frames, packets and bytes a rule in order."""
    for _ in range(3):
        complaint = _load("table netdev parity { }\ndelete table netdev parity\n" +
                          draw.ruleset(rules, RECEIVER, False))
        if complaint:
            raise Unusable("the drawn rules: " + complaint)
        whole, results, before = True, [], [(0, 0)] * len(rules)
        for frames in batches:
            whole = _send_and_wait(frames) and whole
            counters = _counters("parity")
            now = [counters["r%d" % number] for number in range(len(rules))]
            results.append([(a[0] - b[0], a[1] - b[1]) for a, b in zip(now, before)])
            before = now
        if whole:
            return results
    raise Unusable("frames were lost on the way, or there was other traffic")
