# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of rules as the kernel tells them, read without nft: nft 1.0.6 can't list every rule that it takes."""
import os
import socket
import struct

NETLINK_NETFILTER, GETRULE, NEWRULE, DONE, ERROR = 12, 10 << 8 | 7, 10 << 8 | 6, 3, 2
REQUEST_DUMP = 0x1 | 0x300
RULE_TABLE, RULE_EXPRESSIONS, RULE_USERDATA = 1, 4, 7
EXPR_NAME, EXPR_DATA, COUNTER_BYTES, COUNTER_PACKETS = 1, 2, 1, 2
COMMENT = 0


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("HH", data, at)
        if size < 4:
            return
        yield kind & 0x3fff, data[at + 4:at + size]
        at += size + 3 & ~3


def comment_of(userdata):
    at = 0
    while at + 2 <= len(userdata):
        kind, size = userdata[at:at + 2]
        if kind == COMMENT:
            return userdata[at + 2:at + 2 + size].rstrip(b"\0").decode()
        at += 2 + size
    return None


def rule_of(data):
    """(table, comment, (packets, bytes)); None for what it does not have."""
    found = dict(attributes(data))
    counter = None
    for _, element in attributes(found.get(RULE_EXPRESSIONS, b"")):
        expression = dict(attributes(element))
        if expression.get(EXPR_NAME) == b"counter\0" and counter is None:
            values = dict(attributes(expression[EXPR_DATA]))
            counter = tuple(struct.unpack(">Q", values[kind])[0] for kind in (COUNTER_PACKETS, COUNTER_BYTES))
    return found[RULE_TABLE].rstrip(b"\0").decode(), comment_of(found.get(RULE_USERDATA, b"")), counter


def read(table):
    """{comment: (packets, bytes)} of tables with this name, of every family."""
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        link.send(struct.pack("IHHII", 20, GETRULE, REQUEST_DUMP, 1, 0) + struct.pack(">BBH", 0, 0, 0))
        while True:
            data = link.recv(1 << 20)
            while len(data) >= 16:
                size, kind = struct.unpack_from("IH", data)
                if kind == DONE:
                    return found
                if kind == ERROR:
                    raise OSError(-struct.unpack_from("i", data, 16)[0], os.strerror(-struct.unpack_from("i", data, 16)[0]))
                if kind == NEWRULE:
                    name, comment, counter = rule_of(data[20:size])
                    if name == table and comment and counter:
                        found[comment] = counter
                data = data[size + 3 & ~3:]
