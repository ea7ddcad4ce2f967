# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures and the frames in them, for the parity test: read, written, taken apart, excluded.

Written apart from nicemu's own reader and dissector, and much simpler: what is not plain is
excluded with a reason, so that only frames remain that software and hardware must see alike.
"""
import struct
from collections import namedtuple

Record = namedtuple("Record", "data length time_ns")

ETH_IP, ETH_IP6, ETH_PPPOE = 0x0800, 0x86dd, 0x8864
TAGS = (0x8100, 0x88a8)
TCP, UDP = 6, 17
# Next headers that nf_tables or the dissector treat as extension headers.
EXTENSIONS = {0, 43, 44, 51, 60, 135, 139, 140}
LARGEST = 65535

EXCLUDED_SNAPPED = "cut by a snap length, or longer than the wire had"
EXCLUDED_MALFORMED = "malformed: lengths contradict each other or end inside a header"
EXCLUDED_FRAGMENT = "later fragment: software reads ports from the payload"
EXCLUDED_EXTENSION = "IPv6 extension headers: nexthdr means the first, in hardware the last"
EXCLUDED_TWO_TAGS = "two VLAN tags: software does not look behind them"
EXCLUDED_PPPOE = "PPPoE session: only hardware looks inside"
EXCLUDED_LARGE = "larger than a virtual device takes"


class Foreign(Exception):
    """Not an Ethernet capture, or not one at all."""


def read_capture(path):
    """The records before the first fault; Foreign when no packet can be used."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return list(_pcapng(data))
    orders = {b"\xa1\xb2\xc3\xd4": (">", 1000), b"\xa1\xb2\x3c\x4d": (">", 1),
              b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1)}
    if data[:4] not in orders or len(data) < 24:
        raise Foreign("no capture")
    return list(_pcap(data, *orders[data[:4]]))


def _pcap(data, order, scale):
    _, minor = struct.unpack_from(order + "HH", data, 4)
    if struct.unpack_from(order + "I", data, 20)[0] & 0x03ffffff != 1:
        raise Foreign("link type is not Ethernet")
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, captured, length = struct.unpack_from(order + "IIII", data, at)
        if minor < 3 or (minor == 3 and captured > length):
            captured, length = length, captured
        if at + 16 + captured > len(data):
            return
        yield Record(data[at + 16:at + 16 + captured], length,
                     seconds * 10**9 + fraction * scale)
        at += 16 + captured


def _pcapng(data):
    at, order, links = 0, "<", []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12 or size % 4 or at + size > len(data):
            return
        body = data[at + 8:at + size - 4]
        if kind == 1:
            links.append(struct.unpack_from(order + "HHI", body))
        elif kind == 6:
            interface, high, low, captured, length = struct.unpack_from(order + "IIIII", body)
            if links[interface][0] != 1:
                raise Foreign("link type is not Ethernet")
            # Times only have to ascend: the parity test compares none.
            yield Record(body[20:20 + captured], length, (high << 32 | low) * 1000)
        elif kind == 3:
            length = struct.unpack_from(order + "I", body)[0]
            captured = min(length, links[0][2] or length)
            yield Record(body[4:4 + captured], length, 0)
        at += size


def write_capture(path, frames):
    """Classic pcap, one frame a microsecond."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 1700000000 + number // 10**6, number % 10**6,
                                   len(frame), len(frame)) + frame)


def exclusion(record):
    """Why this record can't be compared; None when it can."""
    if len(record.data) != record.length:
        return EXCLUDED_SNAPPED
    if len(record.data) > LARGEST:
        return EXCLUDED_LARGE
    try:
        fields = dissect(record.data)
    except (_Short, struct.error, IndexError):
        return EXCLUDED_MALFORMED
    return fields.get("excluded")


class _Short(Exception):
    pass


def _need(condition):
    if not condition:
        raise _Short


def dissect(frame):
    """Fields by nft's words as numbers; 'excluded' where the two sides see different things."""
    _need(len(frame) >= 14)
    fields = {"ether daddr": int.from_bytes(frame[0:6], "big"),
              "ether saddr": int.from_bytes(frame[6:12], "big")}
    kind, at = int.from_bytes(frame[12:14], "big"), 14
    if kind in TAGS:
        _need(len(frame) >= 18)
        if kind == 0x8100:
            fields["vlan id"] = int.from_bytes(frame[14:16], "big") & 0xfff
        fields["tag"] = kind
        kind, at = int.from_bytes(frame[16:18], "big"), 18
        if kind in TAGS:
            return {"excluded": EXCLUDED_TWO_TAGS}
    else:
        fields["ether type"] = kind
    if kind == ETH_PPPOE:
        return {"excluded": EXCLUDED_PPPOE}
    if kind < 0x0600:
        _need(at + kind <= len(frame))
    elif kind == ETH_IP:
        _ipv4(frame[at:], fields)
    elif kind == ETH_IP6:
        _ipv6(frame[at:], fields)
    return fields


def _ipv4(packet, fields):
    _need(len(packet) >= 20 and packet[0] >> 4 == 4)
    header, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
    _need(20 <= header <= total <= len(packet))
    if int.from_bytes(packet[6:8], "big") & 0x1fff:
        fields["excluded"] = EXCLUDED_FRAGMENT
        return
    fields["ip saddr"] = int.from_bytes(packet[12:16], "big")
    fields["ip daddr"] = int.from_bytes(packet[16:20], "big")
    fields["ip protocol"] = packet[9]
    # A first fragment's own lengths speak of the whole datagram.
    fragment = int.from_bytes(packet[6:8], "big") & 0x2000
    _transport(packet[header:total], packet[9], fields, bool(fragment))


def _ipv6(packet, fields):
    _need(len(packet) >= 40 and packet[0] >> 4 == 6)
    size, following = int.from_bytes(packet[4:6], "big"), packet[6]
    _need(40 + size <= len(packet))
    if following in EXTENSIONS:
        fields["excluded"] = EXCLUDED_EXTENSION
        return
    fields["ip6 saddr"] = int.from_bytes(packet[8:24], "big")
    fields["ip6 daddr"] = int.from_bytes(packet[24:40], "big")
    fields["ip6 nexthdr"] = following
    _transport(packet[40:40 + size], following, fields, False)


def _transport(segment, protocol, fields, fragment):
    fields["meta l4proto"] = protocol
    if protocol not in (TCP, UDP):
        return
    _need(len(segment) >= (20 if protocol == TCP else 8))
    if protocol == TCP:
        _need(20 <= (segment[12] >> 4) * 4 <= len(segment))
    else:
        size = int.from_bytes(segment[4:6], "big")
        _need(size >= 8 and (fragment or size <= len(segment)))
    word = "tcp" if protocol == TCP else "udp"
    fields[word + " sport"] = int.from_bytes(segment[0:2], "big")
    fields[word + " dport"] = int.from_bytes(segment[2:4], "big")
