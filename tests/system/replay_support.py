# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures made byte by byte, and nicemu replay run on them."""
import ipaddress
import json
import os
import struct
import tempfile

from nicemu import nicemu

PCAP_MAGIC_US = 0xa1b2c3d4
PCAP_MAGIC_NS = 0xa1b23c4d
START = 1_700_000_000


def ethernet(payload, ether_type=0x0800, source="02:00:00:00:00:99", target="02:00:00:00:00:01"):
    mac = lambda text: bytes.fromhex(text.replace(":", ""))
    return (mac(target) + mac(source) + struct.pack("!H", ether_type) + payload).ljust(60, b"\0")


def ipv4(source, target, protocol, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                         ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed)
    return header + payload


def tcp(source, target, sport, dport, data=b""):
    header = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, 0x02, 1024, 0, 0)
    return ethernet(ipv4(source, target, 6, header + data))


def udp(source, target, sport, dport, data=b""):
    return ethernet(ipv4(source, target, 17,
                         struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data))


def icmp(source, target):
    return ethernet(ipv4(source, target, 1, struct.pack("!BBHHH", 8, 0, 0, 1, 1)))


def pcap(frames, magic=PCAP_MAGIC_US, order="<", link=1, start=START, step=1, snap=None, lengths=None):
    """frames one every step seconds; snap cuts what is stored; lengths overrides original lengths."""
    data = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for i, frame in enumerate(frames):
        stored = frame if snap is None else frame[:snap]
        length = lengths[i] if lengths else len(frame)
        data.append(struct.pack(order + "IIII", start + i * step, 1, len(stored), length) + stored)
    return b"".join(data)


def parse_pcap(data):
    """[(seconds, fraction, original length, bytes)] of a little-endian classic capture."""
    magic, = struct.unpack_from("<I", data)
    assert magic in (PCAP_MAGIC_US, PCAP_MAGIC_NS), hex(magic)
    at, records = 24, []
    while at < len(data):
        seconds, fraction, stored, length = struct.unpack_from("<IIII", data, at)
        records.append((seconds, fraction, length, data[at + 16:at + 16 + stored]))
        at += 16 + stored
    return records


def pcapng_packets(data):
    """[(interface, bytes, comment, flags)] of the enhanced packet blocks of a pcapng file."""
    at, packets = 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            interface, _, _, stored, _ = struct.unpack_from("<IIIII", data, at + 8)
            option, end = at + 28 + (stored + 3) // 4 * 4, at + size - 4
            comment = flags = None
            while option + 4 <= end:
                code, length = struct.unpack_from("<HH", data, option)
                value = data[option + 4:option + 4 + length]
                comment = value.decode() if code == 1 else comment
                flags = struct.unpack("<I", value)[0] if code == 2 else flags
                option += 4 + (length + 3) // 4 * 4
            packets.append((interface, data[at + 28:at + 28 + stored], comment, flags))
        at += size
    return packets


class Folder:
    """A temporary folder with files by name; goes away with `with`."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="nicemu-test-")
        self.path = self._folder.name
        return self

    def __exit__(self, *unused):
        self._folder.cleanup()

    def __call__(self, name):
        return os.path.join(self.path, name)

    def write(self, name, data):
        mode = "wb" if isinstance(data, bytes) else "w"
        with open(self(name), mode) as out:
            out.write(data)
        return self(name)

    def read(self, name):
        with open(self(name), "rb") as data:
            return data.read()


def chain(rules, devices=("eth0",), priority=10, flags="flags offload;", table="t", name="c"):
    device = ("device %s" % devices[0] if len(devices) == 1
              else "devices = { %s }" % ", ".join(devices))
    return "table netdev %s {\n\tchain %s {\n\t\ttype filter hook ingress %s priority %d; %s\n%s\t}\n}\n" % (
        table, name, device, priority, flags, "".join("\t\t%s\n" % rule for rule in rules))


def replay(*words, **more):
    """(document or None, finished process) of nicemu replay -j."""
    done = nicemu("replay", "-j", *words, **more)
    return (json.loads(done.stdout) if done.stdout.strip() else None), done
