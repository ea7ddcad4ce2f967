# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's rules, without nft: nft 1.0.6 crashes when it reads some of the rules that it has sent.

Counters are read, and tables deleted, with messages of our own.
"""
import errno
import os
import socket
import struct

NETLINK_NETFILTER, GETRULE, NEWRULE, DONE, ERROR = 12, 10 << 8 | 7, 10 << 8 | 6, 3, 2
REQUEST, REQUEST_DUMP, REQUEST_ACK = 0x1, 0x1 | 0x300, 0x1 | 0x4
BATCH_BEGIN, BATCH_END, DELTABLE, NFTABLES = 0x10, 0x11, 10 << 8 | 2, 10
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


def message(kind, flags, number, family, resource, body=b""):
    return struct.pack("IHHII", 20 + len(body), kind, flags, number, 0) + struct.pack(">BBH", family, 0, resource) + body


def delete(family, table):
    """The table and all that is in it; it need not be there."""
    name = table.encode() + b"\0"
    attribute = struct.pack("HH", 4 + len(name), 1) + name + bytes(-len(name) % 4)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        link.send(message(BATCH_BEGIN, REQUEST, 1, 0, NFTABLES) + message(DELTABLE, REQUEST_ACK, 2, family, 0, attribute) +
                  message(BATCH_END, REQUEST, 3, 0, NFTABLES))
        error = -struct.unpack_from("i", link.recv(1 << 16), 16)[0]
    if error not in (0, errno.ENOENT):
        raise OSError(error, os.strerror(error))
