# SPDX-License-Identifier: GPL-2.0-or-later
"""NIC files and models that are pipes, or FIFOs that nobody writes to."""
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from nicemu import NICEMU, SOURCE, nicemu, skip_suite
from replay_support import Folder, icmp, pcap

NIC = "nic: piped\nports:\n  - name: wan\n"
MODEL = os.path.join(SOURCE, "netdevsim-config", "models", "mlx5.yaml")


def shell(text, **more):
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=60, **more)


class Pipes(unittest.TestCase):
    def setUp(self):
        self.folder = Folder().__enter__()
        self.addCleanup(self.folder.__exit__)
        self.capture = self.folder.write("c.pcap", pcap([icmp("10.0.0.1", "10.9.9.9")]))

    def test_a_fifo_is_refused_by_name(self):
        fifo = self.folder("fifo.yaml")
        os.mkfifo(fifo)
        nic = self.folder.write("nic.yaml", "nic: n\nmodel: fifo.yaml\nports: [{name: eth0}]\n")
        for words in (("show", "nic", "-n", fifo), ("show", "model", fifo), ("show", "nic", "-n", nic),
                      ("replay", "-n", fifo, self.capture), ("replay", "-m", fifo, self.capture),
                      ("exec", "-n", fifo, "--", "true"), ("check", "-m", fifo, self.folder.write("r.nft", ""))):
            with self.subTest(words):
                done = nicemu(*words)
                self.assertEqual(done.returncode, 125 if words[0] == "exec" else 3, done.stderr)
                self.assertRegex(done.stderr, r"fifo\.yaml: is a FIFO: not a (NIC|model) file")

    def test_a_pipe_of_the_shell_is_a_file(self):
        nic = self.folder.write("nic.yaml", NIC)
        for text in ("%s show nic -n <(sleep 0.3; cat %s)" % (NICEMU, nic), "cat %s | %s show nic -n /dev/stdin" % (nic, NICEMU),
                     "%s exec -n <(cat %s) -- %s show nic" % (NICEMU, nic, NICEMU)):
            with self.subTest(text):
                done = shell(text)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"(?m)^wan ")
        done = shell("%s show model <(cat %s)" % (NICEMU, MODEL))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_check_reads_a_pipe_as_often_as_it_needs_it(self):
        rules = self.folder.write("r.nft", "table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device \"wan\" "
                                  "priority 10; flags offload;\n\t\tip saddr 1.2.3.4 drop\n\t}\n}\n")
        plain = os.path.join(SOURCE, "netdevsim-config", "models", "generic.yaml")
        nic = self.folder.write("nic.yaml", NIC + "model: %s\n" % plain)
        for words, runs in (("-k 6.1 -k 6.12 -m <(sleep 0.2; cat %s)" % plain, 2), ("-n <(cat %s)" % nic, 1),
                            ("-k 6.1 -k 6.12 -n <(cat %s)" % nic, 2), ("--each -m <(cat %s)" % plain, 1),
                            ("--allow mine:flowtable-priority -m generic -m <(sed s/mlx5/mine/ %s) -n <(cat %s)" % (MODEL, nic), 2),
                            ("--allow mine:flowtable-priority -k 6.1 -m /dev/stdin < <(sed s/mlx5/mine/ %s)" % MODEL, 1)):
            with self.subTest(words):
                done = shell("%s check -q -j %s %s" % (NICEMU, rules, words))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                found = json.loads(done.stdout)["runs"]
                self.assertEqual([r["verdict"] for run in found for r in run["rules"]], ["offloaded"] * runs)
        done = shell("%s check -k 6.1 -k 6.12 -m <(echo bogus: 1) %s" % (NICEMU, rules))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"/dev/fd/\d+:")
        done = shell("%s check -m <(head -c 9000000 /dev/zero) %s" % (NICEMU, rules))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"/dev/fd/\d+: longer than")

    def test_rules_of_a_pipe_that_find_a_full_disk_are_refused_with_why(self):
        done = shell("trap '' XFSZ; ulimit -f 4; exec %s check <(head -c 100000 /dev/zero | tr '\\0' '#')" % NICEMU)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("can't be copied: File too large", done.stderr)

    def test_a_fifo_in_shared_memory_is_one_that_has_a_name(self):
        if not os.access("/dev/shm", os.W_OK):
            self.skipTest("/dev/shm can't be written")
        folder = tempfile.mkdtemp(dir="/dev/shm")
        self.addCleanup(shutil.rmtree, folder)
        os.mkfifo(folder + "/fifo.yaml")
        done = nicemu("show", "nic", "-n", folder + "/fifo.yaml")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("fifo.yaml: is a FIFO: not a NIC file", done.stderr)
        # As our input it has somebody at its other end.
        nic = self.folder.write("nic.yaml", NIC)
        done = shell("cat %s >%s/fifo.yaml & %s show nic -n /dev/stdin <%s/fifo.yaml" % (nic, folder, NICEMU, folder))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_wait_for_a_pipe_ends_with_the_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for words in (("replay", "-n", "/dev/stdin", self.capture), ("exec", "-n", "/dev/stdin", "--", "true"),
                          ("exec", "-m", "/dev/stdin", "--", "true"), ("show", "nic", "-n", "/dev/stdin"),
                          ("check", "-m", "/dev/stdin", self.folder.write("r.nft", ""))):
                with self.subTest(words, signal=number):
                    temporary = tempfile.mkdtemp(dir=self.folder.path)
                    process = subprocess.Popen([NICEMU, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                               stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": temporary})
                    self.addCleanup(process.kill)
                    process.stdin.write("nic: half\n")
                    process.stdin.flush()
                    time.sleep(0.5)
                    self.assertIsNone(process.poll())
                    process.send_signal(number)
                    self.assertEqual(process.wait(timeout=10), -number)
                    process.communicate()
                    self.assertEqual(glob.glob(temporary + "/*"), [])


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
