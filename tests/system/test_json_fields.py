# SPDX-License-Identifier: GPL-2.0-or-later
"""Every field of every JSON document is named in its section of emu/DESIGN.md."""
import json
import os
import re
import shutil
import unittest

from nicemu import NICEMU, RULES, SOURCE, nicemu, skip_suite
from replay_support import Folder, chain, icmp, pcap, tcp, udp

WITHOUT = {k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"}
MODELS = sorted(name[:-5] for name in os.listdir(os.path.join(SOURCE, "netdevsim-config", "models"))
                if name.endswith(".yaml"))

# Where a dot-separated path of members has data for names: `[]` is any element of a list, `*` any member.
KEYED_BY_DATA = {
    "show kernel": {"behaviors", "unchecked"},
    "show model": {"front_ends", "clauses.[].when", "clauses.[].unless", "clauses.[].require",
                   "conflicts.[].when", "conflicts.[].unless", "conflicts.[].others", "conflicts.[].others_unless",
                   "match.ignoring.[].when", "match.ignoring.[].unless", "match.implicit.[].when",
                   "tables.[].costs.[].when"},
    "show rules --driver": {"rules.[].keys", "rules.[].keys.*", "rules.[].keys_not_flagged",
                            "rules.[].keys_not_flagged.*"},
    "show recording": {"events.[].keys", "events.[].keys.*", "events.[].keys_not_flagged",
                       "events.[].keys_not_flagged.*"},
}
# Sections that say "as in ...": what stands there counts, too.
ALSO = {"check": ("replay", "show lint"), "bench": ("replay",), "show rules": ("replay",), "show recording": ("show rules --driver",)}


def sections():
    """{title: text} of the sections about JSON."""
    with open(os.path.join(SOURCE, "emu", "DESIGN.md"), encoding="utf-8") as file:
        parts = re.split(r"^###? +(.*)$", file.read(), flags=re.M)
    found = {}
    for title, text in zip(parts[1::2], parts[2::2]):
        for name in re.findall(r"`([a-z -]+?)(?: -j)?`", title):
            found[name] = text
        if title.startswith("Recordings"):
            found["show recording"] = text
    return found


def names_of(text):
    """Words in double quotes or in backquotes: what a section can be said to name."""
    return set(re.findall(r'"([a-z][a-z0-9_-]*)"', text)) | set(re.findall(r"`([a-z][a-z0-9_-]*)`", text))


def is_data(path, patterns):
    for pattern in patterns:
        words = pattern.split(".")
        if len(words) == len(path) and all(w in ("*", p) for w, p in zip(words, path)):
            return True
    return False


def fields(value, patterns, path=()):
    """Paths of all members, without those whose names are data."""
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner, patterns, path + ("[]",))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not is_data(path, patterns):
                yield path + (name,)
            yield from fields(inner, patterns, path + (name,))


def lists_of(value, path=()):
    """(path, whether it is filled) of all lists."""
    if isinstance(value, list):
        yield path, bool(value)
        for inner in value:
            yield from lists_of(inner, path + ("[]",))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from lists_of(inner, path + (name,))


def documents_of(text):
    """One document, or one a line and so several."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        document, at = decoder.raw_decode(text, at + len(text[at:]) - len(text[at:].lstrip()))
        found.append(document)
    return found


ACCEPTED = chain(["ip saddr 10.0.0.1 tcp dport 80 counter drop comment \"x\"", "vlan id 5 counter drop",
                  "udp dport 53 counter dup to eth1", "ip protocol icmp counter fwd to eth1",
                  "ip saddr 10.0.0.0/8 drop", "ip saddr 10.1.0.0/16 accept"])
REFUSED = chain(["ip saddr 10.0.0.1 drop", "meta mark 1 drop", "ct state new drop", "tcp dport 1-6 drop"])
TWO_CHAINS = chain(["tcp dport 80 drop"]) + chain(["tcp dport 81 drop"], name="d")
FLOWTABLE = ("table ip f {\n\tflowtable ft {\n\t\thook ingress priority 0\n\t\tdevices = { eth0 }\n"
             "\t\tflags offload\n\t}\n}\n")
BROKEN = "table netdev t { chain c { nonsense; } }\n"
SWITCHDEV = os.path.join(SOURCE, "netdevsim-config", "switchdev.yaml")
SWITCHDEV_RULES = ["ip saddr 10.0.0.1 tcp dport 80 counter drop", "udp dport 53 counter dup to rep1"]


def tagged(frame, times=1):
    return frame[:12] + bytes.fromhex("81000005") * times + frame[12:]


class Fields(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder().__enter__()
        cls.addClassCleanup(cls.folder.__exit__)
        cls.sections = sections()
        cls.accepted = cls.folder.write("accepted.nft", ACCEPTED)
        cls.accepted_by_mlx5 = cls.folder.write("switchdev.nft", chain(SWITCHDEV_RULES, devices=("rep0",)))
        cls.counted = cls.folder.write("counted.nft", chain(["ip saddr 10.0.0.1 tcp dport 80 counter drop"]))
        cls.half_asked = cls.folder.write("half.nft", chain(["ip saddr 10.0.0.1 ip protocol tcp drop"]))
        cls.refused = cls.folder.write("refused.nft", REFUSED)
        frames = [tcp("10.0.0.1", "10.0.0.2", 1, 80), icmp("11.0.0.1", "10.0.0.2"),
                  tagged(udp("10.0.0.9", "10.0.0.2", 53, 53)), tagged(udp("10.0.0.9", "10.0.0.2", 53, 53), 3),
                  udp("11.0.0.9", "10.0.0.2", 53, 53), udp("11.0.0.9", "10.0.0.2", 54, 54),
                  tcp("10.1.0.1", "10.0.0.2", 1, 8)]
        cls.capture = cls.folder.write("a.pcap", pcap(frames))
        cls.cut = cls.folder.write("cut.pcap", pcap(frames)[:-10])
        cls.snapped = cls.folder.write("snapped.pcap", pcap(frames, snap=30))

    def one(self, *words, status=0):
        done = nicemu(*words, env=WITHOUT)
        self.assertEqual(done.returncode, status, (words, done.stderr))
        return documents_of(done.stdout)

    def shown(self, topic, *words, rules=None):
        return self.one("exec", "-q", "-r", rules or self.accepted, *words, "--", NICEMU, "show", *topic.split(), "-j")

    def compare(self, command, documents, never_filled=()):
        """Each field is named, and there was an example of what is in each list."""
        titles = (command,) + ALSO.get(command, ())
        for title in titles:
            self.assertTrue(title in self.sections, "emu/DESIGN.md has no section about the JSON of " + title)
        named = set().union(*(names_of(self.sections[title]) for title in titles))
        filled = {}
        missing = set()
        for document in documents:
            for path in fields(document, KEYED_BY_DATA.get(command, ())):
                if path[-1] not in named:
                    missing.add(".".join(path))
            for path, full in lists_of(document):
                filled[path] = filled.get(path, False) or full
        self.assertEqual(sorted(missing), [], "fields of %s -j that emu/DESIGN.md does not name" % command)
        empty = {".".join(path) for path, full in filled.items() if not full}
        self.assertEqual(sorted(empty), sorted(never_filled), "lists that have nothing in them in the examples")

    def test_replay(self):
        self.compare("replay",
                     self.one("replay", "-j", "-r", self.accepted, self.capture) +
                     self.one("replay", "-j", "-r", self.accepted, "-m", "mlx5", self.capture, status=1) +
                     self.one("replay", "-j", "-r", self.refused, self.capture, status=1) +
                     self.one("replay", "-j", "-m", "ocelot", "-r", self.counted, self.capture) +
                     self.one("replay", "-j", "-r", self.accepted, self.cut, status=3))

    def test_check(self):
        files = [self.folder.write("chains.nft", TWO_CHAINS), self.folder.write("flowtable.nft", FLOWTABLE),
                 self.folder.write("broken.nft", BROKEN)]
        self.compare("check",
                     self.one("check", "-j", "--each", "-m", "mlx5", "-m", "generic", "-k", "5.10", self.accepted,
                              self.refused, *files, status=1) +
                     self.one("check", "-j", files[2], self.accepted, status=1))

    def test_bench(self):
        few = ("-r", self.accepted, "--seconds", "1", self.capture)
        self.compare("bench",
                     self.one("bench", "lookup", "-j", *few) + self.one("bench", "replay", "-j", *few) +
                     self.one("bench", "update", "-j", *few) +
                     self.one("bench", "lookup", "-j", "-r", self.refused, self.capture, status=1) +
                     self.one("bench", "lookup", "-j", "-r", self.accepted, self.cut, status=3))

    def test_explain(self):
        documents = []
        for capture in (self.capture, self.snapped):
            for words in ((self.accepted,), (self.accepted_by_mlx5, "-m", "mlx5", "-n", SWITCHDEV),
                          (self.half_asked, "-m", "stmmac")):
                documents += self.one("explain", "-j", "--packet", "all", capture, "-r", *words)
        self.assertGreaterEqual(len(documents), 14)
        self.compare("explain", documents, never_filled=("frame.changes",))  # no rule of nft's changes a frame

    def test_show_of_an_emulator(self):
        for topic in ("nic", "rules", "rules --driver", "counters", "log", "lint", "tcam"):
            with self.subTest(topic):
                self.compare("show " + topic, self.shown(topic))

    def test_show_kernel_and_reasons(self):
        for topic in ("kernel", "reasons"):
            with self.subTest(topic):
                self.compare("show " + topic, self.one("show", topic, "-j"))

    def test_show_model(self):
        self.compare("show model", [document for name in MODELS for document in self.one("show", "model", "-j", name)] +
                     self.one("show", "model", "-j"))

    def test_show_recording(self):
        recording = self.folder("recording")
        self.one("replay", "-j", "-r", self.accepted, "--record", recording, self.capture)
        self.compare("show recording", self.one("show", "recording", "-j", recording))


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
