# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules files of any size, the same bytes for the same kind and number, for tests and for trials:

    python3 many_rules.py KIND NUMBER > rules.nft

`plain` is what an access list looks like; the others are made to hurt: `masks` has a different mask in
every rule, `overlap` rules that all match the same packets, `same` one rule again and again; `ports` has
a rule a TCP port, from 1 on."""
import random
import sys

CHAIN = "type filter hook ingress device %s priority 1; flags offload;"


def _network(draw):
    length = draw.choice((8, 12, 16, 20, 23, 24, 25, 28, 30, 32))
    address = draw.getrandbits(32) >> (32 - length) << (32 - length)
    return "%s/%u" % (_address(address), length)


def _address(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _plain(number, draw):
    return "ip saddr %s ip daddr %s tcp dport %u counter drop" % (_network(draw), _network(draw),
                                                                  draw.randrange(1, 65536))


def _masks(number, draw):
    """Masks 1, 2, 3 … of the source address, and of the target address beyond 65,535."""
    low, high = number % 65535 + 1, number // 65535 + 1
    mask = low << 8 | 0x80000000
    value = draw.getrandbits(32)
    return "ip saddr & %s == %s ip daddr & %s == %s counter drop" % (
        _address(mask), _address(value & mask), _address(high), _address(value & high))


def _overlap(number, draw):
    """All take 10.0.0.1 to 10.0.0.2."""
    return "ip saddr 10.0.0.0/%u ip daddr 10.0.0.0/%u counter accept" % (8 + number % 21,
                                                                         8 + number // 21 % 21)


def _same(number, draw):
    return "ip saddr 192.0.2.1 tcp dport 80 counter drop"


def _ports(number, draw):
    return "tcp dport %u counter drop" % (number % 65535 + 1)


KINDS = {"plain": _plain, "masks": _masks, "overlap": _overlap, "same": _same, "ports": _ports}


def rules(kind, count, seed=7):
    """The rules' texts, one after the other."""
    draw = random.Random(seed)
    for number in range(count):
        yield KINDS[kind](number, draw)


def ruleset(kind, count, last=(), device="eth0"):
    """The lines of a rules file; last: rules behind the others."""
    yield "add table netdev t\n"
    yield "add chain netdev t c { %s }\n" % (CHAIN % device)
    for rule in rules(kind, count):
        yield "add rule netdev t c %s\n" % rule
    for rule in last:
        yield "add rule netdev t c %s\n" % rule


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS or not sys.argv[2].isdigit():
        sys.exit("usage: many_rules.py %s NUMBER" % "|".join(KINDS))
    sys.stdout.writelines(ruleset(sys.argv[1], int(sys.argv[2])))
