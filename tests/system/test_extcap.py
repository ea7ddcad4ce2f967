#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each packet, as comments of a capture: `-w all=`, and the same in Wireshark while a
running emulator replays. tshark reads both; where it is missing its part is skipped."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from nicemu import NICEMU, PCAPS, end_group, nicemu, run, start, write_temporary

CAPTURE = os.path.join(PCAPS, "demo.pcap")
FRAGMENTS = os.path.join(PCAPS, "fragments.pcap")
RULES = """table netdev t {
 chain c {
  type filter hook ingress devices = { eth0 } priority 10; flags offload;
  meta l4proto tcp tcp dport 80 counter drop comment "web"
  meta l4proto udp counter accept
 }
}
"""
TSHARK = shutil.which("tshark")


def quiet(done):
    """What tshark complains about, but for the one thing that root is always told."""
    return [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]


def comments(file):
    done = run(TSHARK, "-r", file, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment")
    assert done.returncode == 0, done.stderr
    return [tuple(line.replace('\\"', '"').split("\t")) for line in done.stdout.splitlines()]


class Annotated(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "all.pcapng")
        self.rules = write_temporary(RULES)

    def replay(self, capture, *words):
        done = nicemu("replay", "-j", "-r", self.rules, *words, capture, "-w", "all=" + self.file)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_every_packet_has_fate_port_table_handle_rule_and_reason(self):
        report = self.replay(CAPTURE, "-p", "eth0")
        seen = comments(self.file)
        self.assertEqual(len(seen), report["packets"])
        self.assertEqual({name for name, _ in seen}, {"eth0"})
        drop, accept = report["rules"]
        texts = [text.split("; the frame")[0] for _, text in seen]
        dropped = ("eth0: dropped; netdev t c handle %d: %s; table tcam, priority 10" % (drop["handle"], drop["rule"]))
        passed = ("eth0: passed to the host; netdev t c handle %d: %s; table tcam, priority 10"
                  % (accept["handle"], accept["rule"]))
        self.assertEqual(texts.count(dropped), drop["packets"])
        self.assertEqual(texts.count(passed), accept["packets"])
        self.assertEqual(texts.count("eth0: passed to the host; no rule matched"),
                         report["packets"] - drop["packets"] - accept["packets"])
        self.assertGreater(drop["packets"], 0)

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_tshark_has_nothing_to_complain_about(self):
        for capture in sorted(os.listdir(PCAPS)):
            if not capture.endswith((".pcap", ".pcapng")):
                continue
            self.replay(os.path.join(PCAPS, capture))
            done = run(TSHARK, "-r", self.file, "-T", "fields", "-e", "frame.number")
            self.assertEqual((done.returncode, quiet(done)), (0, []), capture)

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_a_later_fragment_is_told(self):
        self.replay(FRAGMENTS)
        self.assertTrue([t for _, t in comments(self.file) if t.endswith("is a later fragment: it has no ports")])

    @unittest.skipUnless(TSHARK, "tshark is not installed")
    def test_interfaces_have_the_names_of_the_ports(self):
        self.replay(CAPTURE, "-p", "eth3")
        self.assertEqual({name for name, _ in comments(self.file)}, {"eth3"})


class Extcap(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.socket = os.path.join(self.folder, "s")
        self.file = os.path.join(self.folder, "all.pcapng")
        self.seen = os.path.join(self.folder, "seen.pcapng")

    def emulator(self):
        self.assertEqual(nicemu("start", "--socket", self.socket).returncode, 0)
        self.addCleanup(nicemu, "stop", "--socket", self.socket)
        done = nicemu("exec", "--socket", self.socket, "--", "nft", "-f", write_temporary(RULES))
        self.assertEqual(done.returncode, 0, done.stderr)

    def replay(self, *words):
        done = nicemu("replay", "--socket", self.socket, CAPTURE, *words)
        self.assertEqual(done.returncode, 0, done.stderr)

    def observer(self, fifo):
        process = start(NICEMU, "--capture", "--extcap-interface=nicemu", "--fifo=" + fifo,
                        "--socket", self.socket, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(end_group, process)
        return process

    def wait_for_bytes(self, count):
        for _ in range(200):
            if os.path.exists(self.seen) and os.path.getsize(self.seen) >= count:
                return
            time.sleep(0.05)
        self.fail("%s has %d bytes" % (self.seen, os.path.getsize(self.seen)))

    def test_wireshark_is_answered_without_the_word_extcap(self):
        done = nicemu("--extcap-interfaces", "--extcap-version=4.0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\Aextcap \{version=\S+\}\ninterface \{value=nicemu\}\{display=[^}]+\}\n\Z")
        done = nicemu("--extcap-interface=nicemu", "--extcap-dlts")
        self.assertEqual(done.stdout, "dlt {number=1}{name=EN10MB}{display=Ethernet}\n")
        done = nicemu("--extcap-interface=nicemu", "--extcap-config", env=dict(os.environ, NICEMU_SOCKET="/x/s"))
        self.assertIn("{call=--socket}", done.stdout)
        self.assertIn("{default=/x/s}", done.stdout)

    def test_wrong_words_are_usage_errors(self):
        for words in (("extcap",), ("--capture",), ("--capture", "--fifo=x"), ("extcap", "--capture", "--fifo", "x", "y"),
                      ("--extcap-interface=eth0", "--extcap-dlts"), ("extcap", "--extcap-dlts", "--extcap-config"),
                      ("--capture", "--fifo=x", "--socket=y", "--extcap-capture-filter=tcp")):
            done = nicemu(*words, env={k: v for k, v in os.environ.items() if k != "NICEMU_SOCKET"})
            self.assertEqual(done.returncode, 2, (words, done.stderr))

    def test_no_emulator_is_an_environment_error(self):
        done = nicemu("--capture", "--fifo=" + self.seen, "--socket", self.socket)
        self.assertEqual(done.returncode, 4, done.stderr)

    def test_an_observer_gets_what_an_output_gets(self):
        self.emulator()
        observer = self.observer(self.seen)
        self.wait_for_bytes(1)
        self.replay("-w", "all=" + self.file)
        size = os.path.getsize(self.file)
        self.wait_for_bytes(size)
        with open(self.seen, "rb") as seen, open(self.file, "rb") as file:
            self.assertEqual(seen.read(), file.read())
        self.replay()
        self.wait_for_bytes(2 * size - 2000)
        nicemu("stop", "--socket", self.socket)
        self.assertEqual(observer.wait(20), 0)

    def test_a_reader_that_goes_away_does_not_end_the_emulator(self):
        self.emulator()
        observer = self.observer(self.seen)
        self.wait_for_bytes(1)
        os.killpg(observer.pid, signal.SIGKILL)
        observer.wait()
        self.replay("--loop", "20")
        self.replay()

    def test_a_reader_that_stands_still_is_let_go(self):
        self.emulator()
        observer = self.observer(self.seen)
        self.wait_for_bytes(1)
        os.killpg(observer.pid, signal.SIGSTOP)
        self.addCleanup(os.killpg, observer.pid, signal.SIGCONT)
        begun = time.monotonic()
        self.replay("--loop", "200")
        self.assertLess(time.monotonic() - begun, 60)
        self.replay("--loop", "200")

    @unittest.skipUnless(TSHARK and os.geteuid() == 0 and shutil.which("unshare"),
                         "tshark and root are needed, to put nicemu into its extcap folder")
    def test_tshark_captures_from_the_emulator(self):
        folders = run(TSHARK, "-G", "folders").stdout
        place = [l.split(":", 1)[1].strip() for l in folders.splitlines() if l.startswith("Extcap path")]
        if not place or not os.path.isdir(place[0]):
            self.skipTest("tshark has no extcap folder")
        extcap = os.path.join(self.folder, "extcap")
        os.mkdir(extcap)
        os.symlink(NICEMU, os.path.join(extcap, "nicemu"))
        if run("unshare", "-m", "true").returncode:
            self.skipTest("there are no mounts of its own here (a chroot)")
        self.emulator()
        tshark = start("unshare", "-m", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', extcap, place[0],
                       TSHARK, "-i", "nicemu", "-o", "extcap.nicemu.socket:" + self.socket, "-w", self.seen,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(end_group, tshark)
        self.wait_for_bytes(300)
        self.replay("-w", "all=" + self.file)
        nicemu("stop", "--socket", self.socket)
        tshark.communicate(timeout=30)
        self.assertEqual(comments(self.seen), comments(self.file))


if __name__ == "__main__":
    unittest.main()
