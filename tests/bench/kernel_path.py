# SPDX-License-Identifier: GPL-2.0-or-later
"""How many packets a second the running kernel's nf_tables takes on netdev ingress: in a fresh
network namespace, over a veth pair, with the frames of a capture sent as fast as they are taken.

  kernel_path.py RULES.nft CAPTURE.pcap SECONDS      in a network namespace of its own

Sending is part of the time, on the same core as the rules: the same without rules is measured beside
it. A counter before the rules says how many frames arrived, and only these count.
"""
import json
import os
import re
import subprocess
import sys

import tools

sys.path.insert(0, os.path.join(tools.SOURCE, "tests", "parity"))
sys.path.insert(0, os.path.join(tools.SOURCE, "tests", "system"))
import kernel  # noqa: E402


def nft(*words):
    done = subprocess.run([kernel.find("nft"), *words], capture_output=True, text=True)
    if done.returncode:
        raise kernel.Unusable("nft %s: %s" % (" ".join(words), done.stderr.strip()[-200:]))
    return done.stdout


def flood(capture, seconds):
    """Packets that arrived, and how long it took."""
    before = arrived()
    done = tools.run(tools.path("bench_flood"), kernel.SENDER, capture, seconds)
    if done.returncode:
        raise kernel.Unusable("bench_flood: " + done.stderr.strip())
    sent = json.loads(done.stdout)
    return sent["sent"], arrived() - before, sent["seconds"]


def arrived():
    return int(re.search(r"packets (\d+)", nft("list", "chain", "netdev", "arrived", "c")).group(1))


def matched(rules):
    """Packets of all rules that count, made to be all of them."""
    listing = nft("list", "table", "netdev", "bench")
    return sum(int(number) for number in re.findall(r"counter packets (\d+)", listing))


def all_count(file):
    """The rules, each with a counter."""
    with open(file, encoding="ascii") as rules:
        return re.sub(r"(?m)^(ip.*?|meta.*?|tcp.*?|udp.*?) (counter )?(drop|accept)$",
                      r"\1 counter \3", rules.read())


def main():
    rules, capture, seconds = sys.argv[1:]
    try:
        kernel.set_up()
        sent, bare, bare_seconds = flood(capture, seconds)
        complaint = kernel._load(all_count(rules))
        if complaint:
            raise kernel.Unusable(complaint)
        sent, whole, whole_seconds = flood(capture, seconds)
        if whole != sent:
            raise kernel.Unusable("%d of %d frames were lost" % (sent - whole, sent))
        print(json.dumps({"packets_per_second": whole / whole_seconds, "passes": sent // 50000,
                          "without_rules": bare / bare_seconds, "matched": matched(rules)}))
    except kernel.Unusable as error:
        print(error, file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
