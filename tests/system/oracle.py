# SPDX-License-Identifier: GPL-2.0-or-later
"""The running kernel as an oracle for the emulated nf_tables.

A *case* is a name and a list of steps. Every case runs twice with the same code: once in a fresh
network namespace on the running kernel, once inside `nicemu exec`; the results are compared. One
driver process on each side runs all cases (`flush ruleset` between them), so hundreds of cases take
seconds. Python's AF_NETLINK sockets go through the preloaded library like any other program's.

Steps (plain JSON values, so that they reach the driver over a pipe):
  nft(text)             `nft -f -` with this script           -> status, stdout, stderr
  argv("nft", "-a", …)  any command                           -> status, stdout, stderr
  batch(message, …)     a raw nf_tables batch                 -> acks and replies, and events
  request(message, …)   raw messages outside a batch, one send each -> acks and replies
  dump()                everything there is, as raw messages  -> tables, chains, rules, sets,
                        elements, objects, flowtables
A message is built by message(NFT_MSG_…, attr(…), …, family=, flags=).

What is not compared as it comes (each has a name in NORMALISATIONS):
"""
import errno
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys

NORMALISATIONS = {
    "generation": "the generation id counts from the start of the case",
    "table_handle": "table handles count from the start of the case (kernel: one counter a namespace)",
    "process_id": "nft prints its own with echoed changes",
    "portid": "our own port id is printed as 'self', another program's as 'peer'",
    "element_order": "a kernel dumps a set's elements in hash or tree order; they are sorted",
    "set_backend": "NFTA_SET_TYPE is a symbol, or an address where a kernel hides its symbols; tests compare "
                   "which sets have the same one",
    "element_flags": "kernels from 6.13 announce elements that follow each other with the flags of the first; "
                     "NLM_F_EXCL is left out of events about elements",
    "dump_chunks": "how a dump is cut into datagrams, and elements into messages, depends on buffers",
}
__doc__ += "".join("  %-14s %s\n" % item for item in NORMALISATIONS.items())

# linux/netlink.h
NETLINK_NETFILTER, SOL_NETLINK = 12, 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_ECHO = 0x1, 0x2, 0x4, 0x8
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800
NLM_F_NONREC, NLM_F_DUMP = 0x100, 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3fff
# linux/netfilter/nfnetlink.h
SUBSYS = 10 << 8
BATCH_BEGIN, BATCH_END = 0x10, 0x11
NFNLGRP_NFTABLES = 7
NFPROTO = {"unspec": 0, "inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}

MESSAGES = ("NEWTABLE GETTABLE DELTABLE NEWCHAIN GETCHAIN DELCHAIN NEWRULE GETRULE DELRULE NEWSET GETSET "
            "DELSET NEWSETELEM GETSETELEM DELSETELEM NEWGEN GETGEN TRACE NEWOBJ GETOBJ DELOBJ "
            "GETOBJ_RESET NEWFLOWTABLE GETFLOWTABLE DELFLOWTABLE GETRULE_RESET DESTROYTABLE "
            "DESTROYCHAIN DESTROYRULE DESTROYSET DESTROYSETELEM DESTROYOBJ DESTROYFLOWTABLE "
            "GETSETELEM_RESET").split()
NFT_MSG = {name: number for number, name in enumerate(MESSAGES)}
TABLE_MESSAGES = {NFT_MSG[name] for name in ("NEWTABLE", "DELTABLE", "DESTROYTABLE")}
NFTA_SET_TYPE = 19


def be16(value):
    return struct.pack(">H", value)


def be32(value):
    return struct.pack(">I", value & 0xffffffff)


def be64(value):
    return struct.pack(">Q", value & 0xffffffffffffffff)


def attr(kind, value=b"", nested=True):
    """An attribute. A list is a nest, a str gets its NUL, an int is a be32, bytes are as they are."""
    if isinstance(value, (list, tuple)):
        value = b"".join(value)
        kind |= NLA_F_NESTED if nested else 0
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = be32(value)
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def lying_attr(kind, length, value=b""):
    """An attribute whose length field says something else than its payload's length."""
    return struct.pack("=HH", length, kind) + value + bytes(-len(value) % 4)


def message(kind, *attributes, family="ip", flags=0):
    """A message of the nf_tables subsystem as a JSON value."""
    kind = NFT_MSG[kind] if isinstance(kind, str) else kind
    family = NFPROTO[family] if isinstance(family, str) else family
    return [SUBSYS | kind, flags | NLM_F_REQUEST, family, b"".join(attributes).hex()]


def nft(text):
    return {"argv": ["nft", "-f", "-"], "stdin": text}


def argv(*words, stdin=""):
    return {"argv": list(words), "stdin": stdin}


def batch(*messages, end=True, ext_ack=True, cap_ack=False, genid=None, ack=True):
    """ack: every message asks for one. end=False leaves BATCH_END out (a check)."""
    return {"batch": list(messages), "end": end, "ext_ack": ext_ack, "cap_ack": cap_ack, "genid": genid,
            "ack": ack}


def request(*messages, ext_ack=True, cap_ack=False):
    return {"request": list(messages), "ext_ack": ext_ack, "cap_ack": cap_ack}


def dump():
    return {"dump": True}


def case(name, *steps, final_dump=True):
    """final_dump: end with everything there is, and with what `nft list ruleset` prints."""
    steps = list(steps)
    if final_dump:
        steps += [dump(), argv("nft", "-a", "list", "ruleset")]
    return {"name": name, "steps": steps}


# ---- the driver: what runs on either side -------------------------------------------------------

def attributes(data):
    """(type without flags, payload) of each attribute; stops at the first broken one."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4 or at + length > len(data):
            break
        yield kind & NLA_TYPE_MASK, data[at + 4:at + length]
        at += (length + 3) & ~3


def split(datagram):
    """The netlink messages of a datagram: (type, flags, sequence, port id, payload)."""
    at = 0
    while at + 16 <= len(datagram):
        length, kind, flags, sequence, portid = struct.unpack_from("=IHHII", datagram, at)
        if length < 16 or at + length > len(datagram):
            yield (-1, 0, 0, 0, datagram[at:])
            return
        yield (kind, flags, sequence, portid, datagram[at + 16:at + length])
        at += (length + 3) & ~3


def normal_events(events):
    """Runs of deleted elements (a set is flushed in the order of its hash) sorted; see element_flags."""
    out = []
    for event in events:
        if str(event.get("type")).endswith("SETELEM"):
            event["flags"] &= ~NLM_F_EXCL
    for is_deleted, run in itertools.groupby(events, lambda event: event.get("type") == "DELSETELEM"):
        out += sorted(run, key=lambda event: event["attributes"]) if is_deleted else run
    return out


class Socket:
    """A netlink socket that knows how to wait for what a kernel has to say."""

    def __init__(self, ext_ack=True, cap_ack=False, group=None):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        if ext_ack:
            self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        if cap_ack:
            self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.socket.bind((0, 0))
        if group:
            self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        self.portid = self.socket.getsockname()[0]

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendto(data, (0, 0))

    def receive(self):
        """Everything that can be read now (when send returns, every reply is there)."""
        while True:
            try:
                data = self.socket.recv(1 << 20, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                yield (-2, 0, 0, 0, errno.errorcode.get(error.errno, "?").encode())
                if error.errno != errno.ENOBUFS:
                    return
                continue
            if not data:
                return
            yield from split(data)


def header(kind, flags, sequence, family, payload, resource=0):
    body = struct.pack("=BB", family, 0) + be16(resource) + payload
    return struct.pack("=IHHII", len(body) + 16, kind, flags, sequence, 0) + body + bytes(-len(body) % 4)


class Driver:
    def __init__(self):
        self.events = Socket(group=NFNLGRP_NFTABLES)
        self.work = Socket()
        self.generation = self.table_handle = 0

    def ask(self, kind, *attributes_, family=0, flags=0, sequence=1):
        """Send one message and return all replies."""
        self.work.send(header(SUBSYS | NFT_MSG[kind], NLM_F_REQUEST | flags, sequence, family,
                              b"".join(attributes_)))
        replies = list(self.work.receive())
        while flags & NLM_F_DUMP == NLM_F_DUMP and replies and replies[-1][0] not in (NLMSG_DONE, NLMSG_ERROR, -2):
            more = list(self.work.receive())
            if not more:
                break
            replies += more
        return replies

    def reset(self):
        """An empty ruleset; generation and table handles count from here."""
        self.transact([header(SUBSYS | NFT_MSG["DELTABLE"], NLM_F_REQUEST, 1, 0, b"")])
        probe = attr(1, "oracle_probe")
        new = header(SUBSYS | NFT_MSG["NEWTABLE"], NLM_F_REQUEST | NLM_F_CREATE, 1, 2, probe)
        self.transact([new])
        self.table_handle = 0
        for kind, _, _, _, payload in self.ask("GETTABLE", probe, family=2):
            handle = dict(attributes(payload[4:])).get(4)
            if kind & 0xff == NFT_MSG["NEWTABLE"] and handle:
                self.table_handle = struct.unpack(">Q", handle)[0]
        self.transact([header(SUBSYS | NFT_MSG["DELTABLE"], NLM_F_REQUEST, 1, 2, probe)])
        self.generation = 0
        for _, _, _, _, payload in self.ask("GETGEN"):
            identity = dict(attributes(payload[4:])).get(1)
            if identity and len(identity) == 4:
                self.generation = struct.unpack(">I", identity)[0]
        list(self.events.receive())

    def transact(self, messages):
        """A batch of the driver's own."""
        self.work.send(header(BATCH_BEGIN, NLM_F_REQUEST, 0, 0, b"", 10) + b"".join(messages) +
                       header(BATCH_END, NLM_F_REQUEST, 99, 0, b"", 10))
        return list(self.work.receive())

    def who(self, portid, own):
        return "self" if portid == own else "kernel" if portid == 0 else "peer"

    def normal_body(self, kind, payload):
        """Table handles count from the start of the case, set types are left out, elements sorted."""
        if kind & 0xff not in TABLE_MESSAGES | {NFT_MSG["NEWSET"], NFT_MSG["NEWSETELEM"]}:
            return payload
        out, at = b"", 0
        for number, value in attributes(payload):
            if kind & 0xff in TABLE_MESSAGES and number == 4 and len(value) == 8:
                value = be64(struct.unpack(">Q", value)[0] - self.table_handle)
            if kind & 0xff == NFT_MSG["NEWSET"] and number == NFTA_SET_TYPE:
                value = b""
            if kind & 0xff == NFT_MSG["NEWSETELEM"] and number == 3:
                value = b"".join(sorted(attr(1, element) for _, element in attributes(value)))
            length, raw_type = struct.unpack_from("=HH", payload, at)
            out += attr(raw_type, value)
            at += (length + 3) & ~3
        return out + payload[at:]

    def normal_text(self, text):
        """What nft prints of table handles, generations and its own process id."""
        text = re.sub(r"^((?:add |delete )?table .*# handle )(\d+)",
                      lambda m: m.group(1) + str(int(m.group(2)) - self.table_handle), text, flags=re.M)
        return re.sub(r"^# new generation (\d+) by process \d+",
                      lambda m: "# new generation %d by process N" % (int(m.group(1)) - self.generation),
                      text, flags=re.M)

    def show(self, message_, own, with_sequence=True):
        """A message as a comparable value."""
        kind, flags, sequence, portid, payload = message_
        if kind == -2:
            return ["receive error", payload.decode()]
        out = {"portid": self.who(portid, own), "flags": flags}
        if with_sequence:
            out["sequence"] = sequence
        if kind == NLMSG_ERROR and len(payload) >= 20:
            code, length, type_, flags_, sequence_, _ = struct.unpack_from("=iIHHII", payload)
            out.update(type="error", error=errno.errorcode.get(-code, str(code)) if code else 0,
                       of=[length, type_, flags_, sequence_])
            echoed = 16 if flags & NLM_F_CAPPED or code == 0 else (length + 3) & ~3
            if not flags & NLM_F_ACK_TLVS:
                echoed = len(payload) - 4
            out["echoed"] = payload[20:4 + echoed].hex()
            out["extended"] = [[number, value.hex() if number != 1 else value.rstrip(b"\0").decode()]
                               for number, value in attributes(payload[4 + echoed:])]
        elif kind == NLMSG_DONE:
            out.update(type="done", payload=payload.hex())
        elif kind >> 8 == 10 and len(payload) >= 4:
            generation = (struct.unpack_from(">H", payload, 2)[0] - self.generation) & 0xffff
            body = self.normal_body(kind, payload[4:])
            if kind & 0xff == NFT_MSG["NEWGEN"]:
                body = b"".join(attr(n, be32(struct.unpack(">I", v)[0] - self.generation) if n == 1 else b"")
                                for n, v in attributes(body))
            name = MESSAGES[kind & 0xff] if kind & 0xff < len(MESSAGES) else kind & 0xff
            out.update(type=name, family=payload[0], version=payload[1], generation=generation,
                       attributes=body.hex())
            if kind & 0xff == NFT_MSG["NEWSET"]:
                out["set_backend"] = dict(attributes(payload[4:])).get(NFTA_SET_TYPE, b"").rstrip(b"\0").decode()
        else:
            out.update(type=kind, payload=payload.hex())
        return out

    def step(self, step):
        if "argv" in step:
            done = subprocess.run(step["argv"], input=step.get("stdin") or "", text=True, errors="replace", timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            list(self.events.receive())
            return {"status": done.returncode, "stdout": self.normal_text(done.stdout),
                    "stderr": self.normal_text(done.stderr)}
        if "dump" in step:
            return self.everything()
        return self.raw(step)

    def raw(self, step):
        work = Socket(step["ext_ack"], step["cap_ack"])
        messages = []
        for i, (kind, flags, family, payload) in enumerate(step.get("batch") or step["request"]):
            flags |= NLM_F_ACK if step.get("ack") else 0
            messages.append(header(kind, flags, i + 1, family, bytes.fromhex(payload)))
        try:
            if "batch" in step:
                genid = step["genid"]
                begin = b"" if genid is None else attr(1, genid + self.generation)
                data = header(BATCH_BEGIN, NLM_F_REQUEST, 0, 0, begin, 10) + b"".join(messages)
                if step["end"]:
                    data += header(BATCH_END, NLM_F_REQUEST, len(messages) + 1, 0, b"", 10)
                messages = [data]
            replies = []
            for data in messages:
                work.send(data)
                replies += work.receive()
            return {"replies": [self.show(reply, work.portid) for reply in replies],
                    "events": normal_events([self.show(event, work.portid) for event in self.events.receive()])}
        finally:
            work.close()

    def everything(self):
        out = {}
        for kind in ("GETTABLE", "GETCHAIN", "GETRULE", "GETOBJ", "GETFLOWTABLE", "GETSET"):
            replies = self.ask(kind, flags=NLM_F_DUMP)
            out[kind] = [self.show(reply, self.work.portid) for reply in replies]
            if kind == "GETSET":
                out["elements"] = [self.elements(reply) for reply in replies
                                   if reply[0] == SUBSYS | NFT_MSG["NEWSET"]]
        return out

    def elements(self, set_message):
        """A set's elements: the messages' common head, the elements themselves sorted."""
        payload = set_message[4]
        names = dict(attributes(payload[4:]))
        heads, elements = [], []
        replies = self.ask("GETSETELEM", attr(1, names[1]), attr(2, names[2]), family=payload[0],
                           flags=NLM_F_DUMP)
        for reply in replies:
            if reply[0] == SUBSYS | NFT_MSG["NEWSETELEM"]:
                head = b""
                for number, value in attributes(reply[4][4:]):
                    if number == 3:
                        elements += [value_.hex() for _, value_ in attributes(value)]
                    else:
                        head += attr(number, value)
                head = self.show(reply[:4] + (reply[4][:4] + head,), self.work.portid)
            else:
                head = self.show(reply, self.work.portid)
            if head not in heads:
                heads.append(head)
        return {"set": names[2].rstrip(b"\0").decode(), "heads": heads, "elements": sorted(elements)}


def drive():
    """Cases from standard input, one a line; results to standard output, one a line."""
    driver = Driver()
    for line in sys.stdin:
        results = []
        driver.reset()
        for step in json.loads(line)["steps"]:
            try:
                results.append(driver.step(step))
            except (OSError, subprocess.SubprocessError) as error:
                results.append({"driver": "%s: %s" % (type(error).__name__, error)})
        print(json.dumps(results), flush=True)


# ---- the side of the tests ----------------------------------------------------------------------

def kernel_reason():
    """Why the running kernel can't be asked, or None."""
    if os.geteuid() != 0:
        return "asking the running kernel needs root (a network namespace)"
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        return "nft is not installed"
    probe = subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True, text=True)
    if probe.returncode != 0:
        return "nf_tables in a network namespace: " + (probe.stderr.strip() or "refused")
    return None


def kernel_release():
    """X.Y of the running kernel, as nicemu's -k takes it."""
    return ".".join(os.uname().release.split("-")[0].split(".")[:2])


def run_cases(words, cases, timeout=300):
    """Run all cases in one driver started by these words; a result each, None for the missing."""
    text = "".join(json.dumps(case_) + "\n" for case_ in cases)
    done = subprocess.run(list(words) + ["/usr/bin/python3", "-B", os.path.abspath(__file__), "--driver"],
                          input=text, text=True, timeout=timeout, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    missing = len(cases) - len(results)
    if missing:
        sys.stderr.write("driver of %s ended early (status %d): %s\n" % (words[0], done.returncode, done.stderr))
    return results + [None] * missing


def on_kernel(cases):
    return run_cases(["unshare", "-n"], cases)


def on_nicemu(cases, *options):
    import nicemu
    return run_cases([nicemu.NICEMU, "exec", "-k", "6.18", *options, "--"], cases)


def differences(kernel, ours, path=""):
    """Where two results differ, as lines."""
    if isinstance(kernel, dict) and isinstance(ours, dict):
        return [line for key in sorted((set(kernel) | set(ours)) - {"set_backend"})
                for line in differences(kernel.get(key), ours.get(key), path + "/" + str(key))]
    if isinstance(kernel, list) and isinstance(ours, list):
        out = [line for i, pair in enumerate(zip(kernel, ours))
               for line in differences(pair[0], pair[1], "%s[%d]" % (path, i))]
        longer, whose = (kernel, "kernel") if len(kernel) > len(ours) else (ours, "nicemu")
        for i in range(min(len(kernel), len(ours)), len(longer)):
            out.append("%s[%d]: only %s: %s" % (path, i, whose, json.dumps(longer[i])))
        return out
    if kernel == ours:
        return []
    return ["%s:\n    kernel %s\n    nicemu %s" % (path, json.dumps(kernel), json.dumps(ours))]


def check(test, cases, *options, allowed=lambda case_, line: False):
    """Both sides of every case inside a unittest; a sub-test each, with input and both answers."""
    for case_, kernel, ours in zip(cases, on_kernel(cases), on_nicemu(cases, *options)):
        with test.subTest(case_["name"]):
            test.assertIsNotNone(kernel, "the kernel's driver ended before this case")
            test.assertIsNotNone(ours, "nicemu's driver ended before this case")
            lines = [line for line in differences(kernel, ours) if not allowed(case_, line)]
            if lines:
                test.fail("%s\ninput: %s\n%s" % (case_["name"], json.dumps(case_["steps"]),
                                                  "\n".join(lines[:40])))


if __name__ == "__main__":
    if "--driver" in sys.argv:
        drive()
    else:
        # By hand: cases as JSON lines on standard input, differences on standard output.
        hand = [json.loads(line) for line in sys.stdin]
        for one, kernel_, ours_ in zip(hand, on_kernel(hand), on_nicemu(hand)):
            print(one["name"], "\n".join(differences(kernel_, ours_)) or "same")
