# SPDX-License-Identifier: GPL-2.0-or-later
"""Rule sets for the software path at netdev ingress, drawn at random from the frames that they are for.

Matches of every kind that is interpreted: named fields, raw loads of all bases, with every operator,
masks, ranges, sets, maps and concatenations; extension headers and TCP options; meta keys; verdicts, jumps and returns over several chains.
Not drawn: keys for sockets, because frames that a program sends over a veth keep that program's socket.
Values are mostly those of the frames, so that rules are hit. What nft or the kernel refuses is for the
caller to leave out: every rule is a line of its own.
"""
import ipaddress
import struct

TAGS = (0x8100, 0x88a8)

# word: (base, bit offset, bits, kind)
FIELDS = {
    "ether daddr": ("ll", 0, 48, "mac"), "ether saddr": ("ll", 48, 48, "mac"), "ether type": ("ll", 96, 16, "hex"),
    "vlan pcp": ("ll", 112, 3, "number"), "vlan dei": ("ll", 115, 1, "number"), "vlan id": ("ll", 116, 12, "number"),
    "vlan type": ("ll", 128, 16, "hex"),
    "ip version": ("ip", 0, 4, "number"), "ip hdrlength": ("ip", 4, 4, "number"), "ip dscp": ("ip", 8, 6, "number"),
    "ip ecn": ("ip", 14, 2, "number"), "ip length": ("ip", 16, 16, "number"), "ip id": ("ip", 32, 16, "number"),
    "ip frag-off": ("ip", 48, 16, "number"), "ip ttl": ("ip", 64, 8, "number"), "ip protocol": ("ip", 72, 8, "number"),
    "ip checksum": ("ip", 80, 16, "number"), "ip saddr": ("ip", 96, 32, "ip4"), "ip daddr": ("ip", 128, 32, "ip4"),
    "ip6 version": ("ip6", 0, 4, "number"), "ip6 dscp": ("ip6", 4, 6, "number"), "ip6 ecn": ("ip6", 10, 2, "number"),
    "ip6 flowlabel": ("ip6", 12, 20, "number"), "ip6 length": ("ip6", 32, 16, "number"),
    "ip6 nexthdr": ("ip6", 48, 8, "number"), "ip6 hoplimit": ("ip6", 56, 8, "number"),
    "ip6 saddr": ("ip6", 64, 128, "ip6"), "ip6 daddr": ("ip6", 192, 128, "ip6"),
    "tcp sport": ("tcp", 0, 16, "number"), "tcp dport": ("tcp", 16, 16, "number"), "tcp sequence": ("tcp", 32, 32, "number"),
    "tcp ackseq": ("tcp", 64, 32, "number"), "tcp doff": ("tcp", 96, 4, "number"), "tcp flags": ("tcp", 104, 8, "hex"),
    "tcp window": ("tcp", 112, 16, "number"), "tcp checksum": ("tcp", 128, 16, "number"),
    "udp sport": ("udp", 0, 16, "number"), "udp dport": ("udp", 16, 16, "number"), "udp length": ("udp", 32, 16, "number"),
    "udp checksum": ("udp", 48, 16, "number"),
    "th sport": ("th", 0, 16, "number"), "th dport": ("th", 16, 16, "number"),
    "icmp type": ("icmp", 0, 8, "number"), "icmp code": ("icmp", 8, 8, "number"), "icmp id": ("icmp", 32, 16, "number"),
    "icmpv6 type": ("icmpv6", 0, 8, "number"), "icmpv6 code": ("icmpv6", 8, 8, "number"),
    "arp operation": ("arp", 48, 16, "number"), "arp htype": ("arp", 0, 16, "number"), "arp hlen": ("arp", 32, 8, "number"),
    "arp saddr ip": ("arp", 112, 32, "ip4"), "arp daddr ip": ("arp", 192, 32, "ip4"),
    "arp saddr ether": ("arp", 64, 48, "mac"),
    "sctp sport": ("sctp", 0, 16, "number"), "sctp vtag": ("sctp", 32, 32, "number"),
    "esp spi": ("esp", 0, 32, "number"), "ah spi": ("ah", 32, 32, "number"),
}
L4 = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "esp": 50, "ah": 51}
RAW = {"ll": "ll", "nh": "nh", "th": "th", "ih": "ih"}
RAW_BITS = (8, 8, 16, 16, 24, 32, 32, 48, 64, 96, 128, 4, 12, 1, 20)


class Layout:
    """Where headers are in a frame, as far as a simple look tells."""

    def __init__(self, frame):
        self.frame = frame
        self.kind, self.at = int.from_bytes(frame[12:14], "big"), 14
        if self.kind in TAGS:
            self.kind, self.at = int.from_bytes(frame[16:18], "big"), 18
        self.l4, self.l4_at = None, None
        packet = frame[self.at:]
        if self.kind == 0x0800 and len(packet) >= 20:
            self.l4, self.l4_at = packet[9], self.at + (packet[0] & 15) * 4
        elif self.kind == 0x86dd and len(packet) >= 40:
            self.l4, self.l4_at = packet[6], self.at + 40

    def start(self, base):
        """The base's first byte, or None."""
        if base == "ll":
            return 0
        if base == "nh" or (base, self.kind) in (("ip", 0x0800), ("ip6", 0x86dd), ("arp", 0x0806)):
            return self.at
        if base in ("th", "ih") or L4.get(base) == self.l4:
            if self.l4_at is None:
                return None
            return self.l4_at + (8 if base == "ih" and self.l4 == 17 else 20 if base == "ih" else 0)
        return None

    def bits(self, base, offset, width):
        """The value, or None where the frame does not have it."""
        start = self.start(base)
        if start is None or start * 8 + offset + width > len(self.frame) * 8:
            return None
        whole = int.from_bytes(self.frame, "big")
        return whole >> (len(self.frame) * 8 - start * 8 - offset - width) & ((1 << width) - 1)


def text(kind, width, value):
    if kind == "mac":
        return ":".join("%02x" % byte for byte in value.to_bytes(6, "big"))
    if kind == "ip4":
        return str(ipaddress.IPv4Address(value))
    if kind == "ip6":
        return str(ipaddress.IPv6Address(value))
    return "0x%x" % value if kind == "hex" else str(value)


class Drawer:
    def __init__(self, random, frames):
        self.random = random
        self.layouts = [Layout(frame) for frame in frames]
        self.number = 0

    def pick(self, base, offset, width):
        """A value of some frame, sometimes of none."""
        if self.random.random() < 0.9:
            for layout in self.random.sample(self.layouts, min(12, len(self.layouts))):
                value = layout.bits(base, offset, width)
                if value is not None:
                    return value
        return self.random.getrandbits(width)

    def condition(self, left, width, values, show):
        """left with an operator and what it is compared with."""
        value = values()
        full = (1 << width) - 1
        form = self.random.choice(("==", "==", "==", "!=", "<", ">", "<=", ">=", "range", "!range", "set", "!set", "mask",
                                   "mask!", "intervals"))
        low, high = sorted((value, values()))
        if form in ("==", "!=", "<", ">", "<=", ">="):
            return "%s %s %s" % (left, form, show(value))
        if form in ("range", "!range"):
            return "%s %s%s-%s" % (left, "!= " if form[0] == "!" else "", show(low), show(high))
        if form in ("set", "!set"):
            elements = sorted({show(values()) for _ in range(self.random.randint(1, 4))})
            return "%s %s{ %s }" % (left, "!= " if form[0] == "!" else "", ", ".join(elements))
        if form == "intervals":
            middle = (low + high) // 2
            parts = {show(low)} if low == middle else {"%s-%s" % (show(low), show(middle))}
            if high > middle + 1:
                parts.add(show(high))
            return "%s { %s }" % (left, ", ".join(sorted(parts)))
        mask = self.random.getrandbits(width) | self.random.getrandbits(width) or full
        return "%s & %s %s %s" % (left, show(mask), "!=" if form == "mask!" else "==", show(value & mask))

    def field(self):
        word = self.random.choice(list(FIELDS))
        base, offset, width, kind = FIELDS[word]
        # Mostly of headers that some frame has.
        for _ in range(6):
            if any(layout.start(base) is not None for layout in self.random.sample(self.layouts, min(8, len(self.layouts)))):
                break
            word = self.random.choice(list(FIELDS))
            base, offset, width, kind = FIELDS[word]
        return self.condition(word, width, lambda: self.pick(base, offset, width), lambda v: text(kind, width, v))

    def raw(self):
        base = self.random.choice(("ll", "ll", "nh", "nh", "th", "th", "th", "ih"))
        width = self.random.choice(RAW_BITS)
        offset = self.random.randrange(0, 45) * 8
        if base == "ll":
            offset = self.random.randrange(0, 24) * 8
        if width % 8:
            offset += self.random.randrange(8)
        elif self.random.random() < 0.7:
            step = min(width, 32) // 8 or 1
            offset -= offset // 8 % step * 8
        return self.condition("@%s,%d,%d" % (base, offset, width), width, lambda: self.pick(base, offset, width),
                              lambda v: "0x%x" % v)

    def meta(self):
        layout = self.random.choice(self.layouts)
        length = len(layout.frame) - layout.at
        return self.random.choice((
            lambda: self.condition("meta length", 16, lambda: length + self.random.randint(-2, 2), str),
            lambda: "meta protocol %s" % self.random.choice(("ip", "ip6", "arp", "vlan", "8021ad", "0x0004", "0x8864",
                                                              "{ ip, ip6 }", "!= ip", "0x%04x" % layout.kind)),
            lambda: self.condition("meta l4proto", 8, lambda: layout.l4 or 0, str),
            lambda: "meta iifname %s" % self.random.choice(('"eth0"', '"eth*"', '!= "eth0"', '"eth1"', '{ "eth0", "lo" }')),
            lambda: "meta iif %s" % self.random.choice(('"eth0"', '!= "eth0"', '"eth1"')),
            lambda: "meta iiftype %s" % self.random.choice(("ether", "loopback", "!= ether")),
            lambda: "meta pkttype %s" % self.random.choice(("host", "broadcast", "multicast", "other", "!= host",
                                                            "{ host, other }")),
            lambda: self.condition("meta mark", 32, lambda: self.random.randrange(4), str),
            lambda: self.condition("meta priority", 32, lambda: self.random.randrange(3), lambda v: "0:%x" % v),
            lambda: "meta oifname %s" % self.random.choice(('"eth0"', '""', '!= "eth0"')),
            lambda: "meta oif %s" % self.random.choice(('"eth0"', '!= "eth0"')),
            lambda: "meta iifgroup %s" % self.random.choice(("default", "!= default", "7")),
            lambda: "meta ipsec %s" % self.random.choice(("exists", "missing")),
            lambda: "meta nfproto %s" % self.random.choice(("ipv4", "!= ipv4", "5")),
        ))()

    def header(self):
        """Extension headers and options."""
        return self.random.choice((
            lambda: "exthdr %s %s" % (self.random.choice(("hbh", "rt", "frag", "dst", "mh")),
                                      self.random.choice(("exists", "missing"))),
            lambda: "frag more-fragments %d" % self.random.randrange(2),
            lambda: "frag frag-off %s %d" % (self.random.choice(("==", "!=", ">", "<=")), self.random.choice((0, 1, 31, 8190))),
            lambda: "frag nexthdr { 6, 17, 58 }",
            lambda: "%s nexthdr %s" % (self.random.choice(("hbh", "dst", "rt")), self.random.choice(("6", "{ 17, 58, 44 }", "!= 60"))),
            lambda: "dst hdrlength %d" % self.random.randrange(2),
            lambda: "tcp option %s %s" % (self.random.choice(("maxseg", "window", "sack-perm", "sack", "timestamp", "nop", "eol",
                                                              "77")), self.random.choice(("exists", "missing"))),
            lambda: self.condition("tcp option maxseg size", 16, lambda: self.random.choice((1460, 536, 1440, 1200)), str),
            lambda: self.condition("tcp option window count", 8, lambda: self.random.randrange(10), str),
            lambda: self.condition("tcp option timestamp tsval", 32, lambda: self.random.getrandbits(32), str),
            lambda: self.condition("tcp option @%d,%d,%d" % (self.random.choice((2, 3, 4, 8)), self.random.choice((0, 8, 16)), 8), 8,
                                   lambda: self.random.randrange(12), str),
        ))()

    def concatenation(self):
        words = self.random.choice((("ip saddr", "ip daddr"), ("ip saddr", "th dport"), ("ip daddr", "ip protocol"),
                                    ("ether saddr", "ether daddr"), ("ip6 saddr", "ip6 daddr"), ("ip ttl", "ip protocol"),
                                    ("ip saddr", "ip protocol", "th sport"), ("udp sport", "udp dport")))
        ranged = self.random.random() < 0.4
        elements = set()
        for _ in range(self.random.randint(1, 5)):
            layout = self.random.choice(self.layouts)
            parts = []
            for word in words:
                base, offset, width, kind = FIELDS[word]
                value = layout.bits(base, offset, width)
                value = self.random.getrandbits(width) if value is None else value
                parts.append(text(kind, width, value))
                if ranged and self.random.random() < 0.6:
                    last = min(value + self.random.randrange(300), (1 << width) - 1)
                    parts[-1] += "-" + text(kind, width, last) if last > value else ""
            elements.add(" . ".join(parts))
        return "%s %s{ %s }" % (" . ".join(words), self.random.choice(("", "", "!= ")), ", ".join(sorted(elements)))

    def writing(self):
        return self.random.choice((
            lambda: "meta mark set %d" % self.random.randrange(4),
            lambda: "meta mark set meta mark %s 0x%x" % (self.random.choice(("and", "or", "xor")), self.random.getrandbits(4)),
            lambda: "meta priority set 0:%x" % self.random.randrange(3),
            lambda: "meta pkttype set %s" % self.random.choice(("host", "other", "multicast")),
            lambda: "meta mark set ip protocol map { 6 : 1, 17 : 2, 1 : 3 }",
            lambda: "meta mark set meta length map { 0-60 : 1, 61-500 : 2 }",
            lambda: "meta mark set ip ttl map { 0-63 : 1, 64 : 2, 65-255 : 3 }",
            lambda: "dup to eth1",
            lambda: "log prefix \"x\" group 7",
            lambda: "meta nftrace set 0",
        ))()

    def verdict(self, targets):
        jumps = ["%s %s" % (word, target) for word in ("jump", "goto") for target in targets]
        ends = ["accept", "accept", "accept", "drop", "continue", "return", "return", "fwd to eth1", "reject"]
        return self.random.choice(ends + jumps * 2)

    def verdict_map(self, targets):
        words = ["accept", "drop", "continue", "return"] + ["jump " + target for target in targets]
        word = self.random.choice(("ip protocol", "th dport", "ip saddr", "meta protocol", "meta l4proto", "ip6 nexthdr"))
        elements = {}
        for _ in range(self.random.randint(1, 4)):
            if word == "meta protocol":
                key = self.random.choice(("ip", "ip6", "arp"))
            elif word == "meta l4proto":
                key = str(self.random.choice(self.layouts).l4 or 0)
            else:
                base, offset, width, kind = FIELDS[word]
                key = text(kind, width, self.pick(base, offset, width))
            elements[key] = self.random.choice(words)
        if self.random.random() < 0.3:
            elements["*"] = self.random.choice(words)
        return "%s vmap { %s }" % (word, ", ".join("%s : %s" % item for item in elements.items()))

    def rule(self, targets):
        """One line: some matches, a counter somewhere, at most one verdict; and its name as a comment."""
        parts = [self.random.choice((self.field, self.field, self.raw, self.raw, self.meta, self.concatenation,
                                     self.header))()
                 for _ in range(self.random.choice((1, 1, 1, 2, 2, 3)))]
        if self.random.random() < 0.15:
            parts.append(self.writing())
        parts.insert(self.random.randint(0, len(parts)) if self.random.random() < 0.2 else len(parts), "counter")
        chance = self.random.random()
        if chance < 0.2:
            parts.append(self.verdict(targets))
        elif chance < 0.27:
            parts.append(self.verdict_map(targets))
        self.number += 1
        return "%s comment \"r%d\"" % (" ".join(part for part in parts if part), self.number)

    def ruleset(self, count, table="parity"):
        """Lines of a file: a table of its own, with about count rules."""
        chains, lines = [], ["table netdev %s {" % table]
        for name in ("r2", "r1", "r0", "a", "b", "c", "d"):
            lines.append("chain %s {" % name)
            if name in "abcd":
                lines.append("type filter hook ingress device \"eth0\" priority %d; policy %s;" % (
                    {"a": 5, "b": 5, "c": -7, "d": 20}[name],
                    self.random.choice(("accept",) * 9 + ("drop",))))
            targets = [chain for chain in chains if chain[0] == "r"]
            lines += [self.rule(targets) for _ in range(max(1, count // 7))]
            lines.append("}")
            chains.append(name)
        return lines + ["}"] + self.inet_chain(max(1, count // 7), table)

    def inet_chain(self, count, table):
        """A chain of the family inet on the same hook."""
        return (["table inet %s {" % table, "chain i {",
                 "type filter hook ingress device \"eth0\" priority %d; policy accept;" % self.random.choice((-20, 5, 7))] +
                [self.rule([]) for _ in range(count)] + ["}", "}"])
