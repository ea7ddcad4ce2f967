# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that are hardly ever in captures, made of frames that are."""
import struct


def network(frame):
    """Offset of the network header behind at most one tag."""
    return 18 if frame[12:14] in (b"\x81\x00", b"\x88\xa8") else 14


def tagged(random, frame):
    return frame[:12] + struct.pack("!HH", random.choice((0x8100, 0x8100, 0x88a8)), random.getrandbits(16)) + frame[12:]


def twice_tagged(random, frame):
    return tagged(random, frame[:12] + struct.pack("!HH", 0x8100, random.getrandbits(12)) + frame[12:])


def in_pppoe(random, frame):
    """A session's packet, mostly of IP."""
    at = network(frame)
    protocol = {b"\x08\x00": 0x21, b"\x86\xdd": 0x57}.get(frame[at - 2:at], 0xc021)
    if random.random() < 0.1:
        protocol = random.getrandbits(16)
    header = struct.pack("!HHHH", 0x1100, random.getrandbits(16), len(frame) - at + 2, protocol)
    return frame[:at - 2] + b"\x88\x64" + header + frame[at:]


def truncated(random, frame):
    return frame[:random.randint(14, len(frame))]


def padded(random, frame):
    return frame + random.randbytes(random.randint(1, 20))


def flipped(random, frame):
    at = random.randrange(12, min(len(frame), 80))
    return frame[:at] + bytes([frame[at] ^ 1 << random.randrange(8)]) + frame[at + 1:]


def length_field(random, frame):
    """802.3: a length where the type would be, and sometimes the oldest of all formats."""
    body = frame[network(frame):]
    if random.random() < 0.3:
        body = b"\xff\xff" + body
    return frame[:network(frame) - 2] + struct.pack("!H", random.randint(0, 0x5ff)) + body


def fragment(random, frame):
    at = network(frame)
    if frame[at - 2:at] != b"\x08\x00" or len(frame) < at + 20:
        return frame
    return frame[:at + 6] + struct.pack("!H", random.choice((0x2000, 1, 0x2001, 100, 0x1fff))) + frame[at + 8:]


def options(random, frame):
    """IPv4 with options, or with a length of the header that is wrong."""
    at = network(frame)
    if frame[at - 2:at] != b"\x08\x00" or len(frame) < at + 20:
        return frame
    words = random.randint(1, 10)
    if random.random() < 0.3:
        return frame[:at] + bytes([0x40 | random.randrange(16)]) + frame[at + 1:]
    total = (struct.unpack_from("!H", frame, at + 2)[0] + 4 * words) & 0xffff
    return (frame[:at] + bytes([0x40 | 5 + words]) + frame[at + 1:at + 2] + struct.pack("!H", total) +
            frame[at + 4:at + 20] + random.randbytes(4 * words) + frame[at + 20:])


def extensions(random, frame):
    """IPv6 with extension headers."""
    at = network(frame)
    if frame[at - 2:at] != b"\x86\xdd" or len(frame) < at + 40:
        return frame
    following, body = frame[at + 6], b""
    for _ in range(random.randint(1, 3)):
        kind = random.choice((0, 43, 44, 51, 60, 60))
        if kind == 44:
            header = bytes([following, 0]) + struct.pack("!HI", random.choice((0, 1, 8, 0x9, 0xfff8, 6)), 1)
        elif kind == 51:
            header = bytes([following, 4]) + random.randbytes(22)
        else:
            words = random.randrange(2)
            header = bytes([following, words]) + random.randbytes(6 + 8 * words)
        body, following = header + body, kind
    size = struct.unpack_from("!H", frame, at + 4)[0] + len(body)
    return (frame[:at + 4] + struct.pack("!H", size & 0xffff) + bytes([following]) + frame[at + 7:at + 40] + body +
            frame[at + 40:])


def for_us(random, frame):
    return random.choice((b"\x02\0\0\0\0\0", b"\xff" * 6, b"\x01\0\x5e\0\0\1")) + frame[6:]


WAYS = (tagged, tagged, twice_tagged, in_pppoe, truncated, padded, flipped, flipped, length_field, fragment, options, extensions, extensions, for_us)


def vary(random, frame):
    """One or two changes."""
    for _ in range(random.choice((1, 1, 2))):
        if len(frame) >= 34:
            frame = random.choice(WAYS)(random, frame)
    return frame
