# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of an emulator that sends what nicemu's own commands would not (shim/wire.h)."""
import array
import json
import os
import socket
import struct

HELLO, SEND = 1, 2
WIRE_VERSION = 2
COMMAND = 0x1001
_count = 0


class Client:
    def __init__(self, path, protocol=COMMAND):
        global _count
        _count += 1
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.bind("\0nicemu-shim/%d/%d/%x" % (protocol, os.getpid(), _count))
        self.socket.connect(path)
        status = self.call(HELLO, protocol, os.getpid(), struct.pack("I", WIRE_VERSION))
        if status < 0:
            raise OSError(-status, os.strerror(-status))

    def call(self, op, a=0, b=0, payload=b"", descriptors=()):
        """Send a request, wait for its answer: the status."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            passed = array.array("i", [theirs.fileno(), *descriptors])
            self.socket.sendmsg([struct.pack("IIII", op, a, b, len(payload)) + payload],
                                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
            theirs.close()
            ours.settimeout(20)
            return struct.unpack_from("q", ours.recv(65536))[0]

    def ask(self, request, descriptors=()):
        """Send a JSON request, wait for its answer (or its first progress message)."""
        self.call(SEND, payload=json.dumps(request).encode(), descriptors=descriptors)
        text = b""
        while True:
            chunk = self.socket.recv(65536)
            text += chunk[1:]
            if chunk[:1] == b"l":
                return json.loads(text)

    def close(self):
        self.socket.close()

    __del__ = close
