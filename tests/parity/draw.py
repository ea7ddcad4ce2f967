# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules drawn at random from a packet's own fields, in forms that the kernel takes for offload.

nft merges neighbouring loads of one header into a longer one, which no offload takes (and which
this test is not about): an address or port that could be merged gets a mask. To an Ethernet address
it also loads the type that an IP field asks for.
"""
import ipaddress

# Bits of each field; the fields of a rule come in this order.
WIDTHS = {"ether saddr": 48, "ether daddr": 48, "ether type": 16, "vlan id": 12,
          "ip saddr": 32, "ip daddr": 32, "ip protocol": 8,
          "ip6 saddr": 128, "ip6 daddr": 128, "ip6 nexthdr": 8,
          "meta l4proto": 8,
          "tcp sport": 16, "tcp dport": 16, "udp sport": 16, "udp dport": 16}
EXACT = {"ether type", "vlan id", "ip protocol", "ip6 nexthdr", "meta l4proto"}
LINK, NETWORK, PORTS = ("ether", "vlan"), ("ip", "ip6"), ("tcp", "udp")


def _text(field, value):
    word = field.split()[0]
    if word == "ether" and field != "ether type":
        return ":".join("%02x" % byte for byte in value.to_bytes(6, "big"))
    if word == "ip" and field != "ip protocol":
        return str(ipaddress.IPv4Address(value))
    if word == "ip6" and field != "ip6 nexthdr":
        return str(ipaddress.IPv6Address(value))
    return "0x%04x" % value if field == "ether type" else str(value)


def _masked(random, field, value, must_mask):
    """field with an exact value, a prefix or any mask of at least one bit."""
    width = WIDTHS[field]
    mask = full = (1 << width) - 1
    form = random.choice(("exact", "exact", "prefix", "mask"))
    if form == "exact" and not must_mask:
        return "%s %s" % (field, _text(field, value))
    if form == "prefix":
        bits = random.randint(1, width)
        mask = full ^ (full >> bits)
        if field.split()[0] in NETWORK:
            return "%s %s/%d" % (field, _text(field, value & mask), bits)
    elif form == "mask":
        mask = random.getrandbits(width) | random.getrandbits(width) or 1
    return "%s & %s == %s" % (field, _text(field, mask), _text(field, value & mask))


def _choose(random, fields, tags_present):
    """Names of fields, in order, without those whose meaning depends on the tag.

    `ether type` reads the tag's type in software and the inner one in hardware; so does the type
    that nft loads itself where an Ethernet address and an IP field meet without `vlan`.
    """
    usable = [field for field in WIDTHS if field in fields]
    if tags_present and "ether type" in usable:
        usable.remove("ether type")
    count = min(len(usable), random.choice((1, 2, 2, 3, 3, 4, 5, 6)))
    chosen = random.sample(usable, count)
    words = {field.split()[0] for field in chosen}
    if tags_present and "vlan" not in words and words & set(NETWORK):
        chosen = [field for field in chosen if not field.startswith("ether")] or chosen
    return [field for field in usable if field in chosen]


def draw_rule(random, fields, tags_present):
    """A rule that this packet fits."""
    chosen = _choose(random, fields, tags_present)
    words = [field.split()[0] for field in chosen]
    link = sum(word in LINK + NETWORK for word in words) > 1
    ports = sum(word in PORTS for word in words) > 1
    matches = []
    for field, word in zip(chosen, words):
        if field in EXACT:
            matches.append("%s %s" % (field, _text(field, fields[field])))
        else:
            must_mask = (word in LINK and link) or (word in PORTS and ports)
            matches.append(_masked(random, field, fields[field], must_mask))
    return " ".join(matches) + random.choice((" counter accept", " counter drop"))


def ruleset(rules, device, offload, table="parity"):
    """The file that nft loads: rule i has the comment r<i> and stands on line i + FIRST_LINE."""
    hook = "type filter hook ingress device \"%s\" priority 10; %s" % (
        device, "flags offload;" if offload else "")
    lines = ["table netdev %s {" % table, "chain c {", hook]
    lines += ["%s comment \"r%d\"" % (rule, number) for number, rule in enumerate(rules)]
    return "\n".join(lines + ["}", "}", ""])


FIRST_LINE = 4
