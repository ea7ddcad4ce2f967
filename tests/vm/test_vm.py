# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/vm without a guest: its command line, which kernel a name means, sums of suites, the kernel image, the log check."""
import gzip
import lzma
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "..", "scripts", "vm.d")]

import logcheck
from nicemu import SOURCE, run, skip_suite

VM = os.path.join(SOURCE, "scripts", "vm")
VMLINUX = os.path.join(SOURCE, "scripts", "vm.d", "vmlinux.py")


def missing_packages():
    """Of those that scripts/vm needs; it asks for them before it does anything."""
    setup = '. "$0" && command -v dpkg-query >/dev/null && missing_packages $VM_PACKAGES'
    return subprocess.run(["sh", "-c", setup, os.path.join(SOURCE, "scripts", "setup.sh")], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()


class Folder(unittest.TestCase):
    """A work folder of its own, with made-up kernels."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nicemu-vm-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def kernel(self, version, suite="sid"):
        os.makedirs(os.path.join(self.folder, version))
        self.write(os.path.join(version, "kernel"),
                   f"version={version}\npackage={version}-1\nrelease={version}-cloud-amd64\nsuite={suite}\n")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def vm(self, *words, **environment):
        return run(VM, *words, env={**os.environ, "NICEMU_VM": self.folder, **environment})


class CommandLine(Folder):
    def test_words_options_and_values_that_are_wrong_are_usage_errors_that_say_which(self):
        script = self.write("script.sh", "exit 0\n")
        for words, told in (((), "scripts/vm prepare"), (("frob",), "frob is no word"), (("run",), "run wants a script"),
                            (("run", "--frob", script), "--frob is no option"), (("run", "--timeout"), "--timeout wants a value"),
                            (("run", "--timeout", "0", script), "0 are no seconds"),
                            (("run", "--timeout", "1s", script), "1s are no seconds"),
                            (("run", "--memory", "-1", script), "-1 are no megabytes"),
                            (("run", "--kernel", "../x", script), "../x is no kernel"),
                            (("run", "--kernel", "", script), "is no kernel"),
                            (("run", "/nonexistent/script"), "/nonexistent/script: there is no such file"),
                            (("list", "x"), "list takes no files"), (("prepare", "x"), "prepare takes no files")):
            with self.subTest(words):
                done = self.vm(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(told, done.stderr)

    def test_the_help_is_the_text_at_the_top(self):
        self.assertIn("scripts/vm test [--no-install] [--kernel V]...", self.vm().stderr)

    def test_a_kernel_that_is_not_there_is_status_4_and_says_how_to_get_it(self):
        done = self.vm("run", "--kernel", "9.9", self.write("script.sh", "exit 0\n"))
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("no kernel 9.9 is prepared: scripts/vm prepare --kernel 9.9", done.stderr)

    def test_list_shows_what_is_prepared_and_what_is_not(self):
        self.kernel("6.1.9", "bookworm")
        done = self.vm("list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^6\.1\.9 +bookworm +6\.1\.9-cloud-amd64 ")
        self.assertRegex(done.stdout, r"(?m)^- +trixie +not prepared$")
        self.assertNotRegex(done.stdout, r"(?m)^- +bookworm +not")


class Names(Folder):
    def found(self, name):
        done = self.vm("prepare", "--no-install", "--kernel", name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr.split()[2]

    def setUp(self):
        super().setUp()
        for version, suite in (("6.1.9", "bookworm"), ("6.1.10", "bookworm"), ("6.12.95", "bookworm-backports"), ("6.12.117", "trixie")):
            self.kernel(version, suite)

    def test_of_several_kernels_the_newest_is_meant(self):
        self.assertEqual(self.found("6.12"), "6.12.117")
        self.assertEqual(self.found("6.1"), "6.1.10")
        self.assertEqual(self.found("6"), "6.12.117")

    def test_a_whole_version_means_that_one(self):
        self.assertEqual(self.found("6.12.95"), "6.12.95")

    def test_a_version_begins_with_whole_numbers(self):
        shutil.rmtree(os.path.join(self.folder, "6.1.9"))
        shutil.rmtree(os.path.join(self.folder, "6.1.10"))
        done = self.vm("run", "--kernel", "6.1", self.write("script.sh", "exit 0\n"))
        self.assertEqual(done.returncode, 4, "6.1 is not 6.12")

    def test_a_suite_means_its_kernel(self):
        self.assertEqual(self.found("trixie"), "6.12.117")
        self.assertEqual(self.found("bookworm"), "6.1.10")

    def test_a_folder_without_its_last_file_is_no_kernel(self):
        os.makedirs(os.path.join(self.folder, "7.9.9"))
        self.assertEqual(self.vm("run", "--kernel", "7.9.9", self.write("s.sh", "")).returncode, 4)


class WithoutNetwork(Folder):
    """In a network namespace of its own."""

    def offline(self, *words):
        return run("unshare", "--map-root-user", "--net", VM, *words, timeout=300,
                   env={**os.environ, "NICEMU_VM": self.folder, "NICEMU_BUILD": self.folder,
                        "NICEMU_VM_SUITES": self.write("suites", "one echo tests passed 1, failed 0\n")})

    def setUp(self):
        super().setUp()
        if run("unshare", "--map-root-user", "--net", "true").returncode:
            self.skipTest("no network namespaces")

    def test_what_is_there_needs_none(self):
        self.kernel("6.1.9", "bookworm")
        self.assertEqual(self.offline("prepare", "--no-install").returncode, 0)

    def test_a_suite_that_is_not_reached_is_status_4_with_the_reason_and_leaves_nothing(self):
        done = self.offline("prepare", "--no-install", "--kernel", "trixie")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("trixie: its lists can't be had", done.stderr)
        self.assertEqual([name for name in os.listdir(self.folder) if name not in (".lock", "suites")], [])

    def test_tests_skip_it_and_say_so(self):
        self.kernel("6.1.9", "bookworm")
        done = self.offline("test", "--no-install", "--kernel", "trixie", "--kernel", "6.1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("vm trixie: skipped: it could not be had\n", done.stdout)
        self.assertIn("vm 6.1.9: 0 rules compared", done.stdout)
        self.assertEqual(self.offline("test", "--no-install", "--kernel", "trixie").returncode, 4)


class Suites(Folder):
    """What vm test makes of suites' outputs; the suites are one-line shell scripts."""

    def last_line(self, *scripts):
        self.kernel("0.0.1")
        table = "# a comment\n\n"
        for number, text in enumerate(scripts):
            path = self.write(f"suite{number}.sh", text + "\n")
            table += f"suite{number} sh {path} KERNEL\n"
        done = self.vm("test", "--no-install", "--kernel", "0.0.1", NICEMU_BUILD=self.folder, NICEMU_VM_SUITES=self.write("suites", table))
        return done, done.stdout.strip().split("\n")[-1]

    def test_suites_are_summed_up(self):
        done, last = self.last_line("echo compared 10 differ 2 known 2; echo tests passed 3, failed 0", "echo compared 5 differ 0 known 0")
        self.assertEqual((done.returncode, last),
                         (0, "vm 0.0.1: 15 rules compared, 2 differ (2 by named kernel bugs), 3 tests passed, 0 failed"), done.stdout + done.stderr)

    def test_a_difference_without_a_name_fails(self):
        done, last = self.last_line("echo compared 10 differ 2 known 1")
        self.assertEqual((done.returncode, last), (1, "vm 0.0.1: 10 rules compared, 2 differ (1 by named kernel bugs), 0 tests passed, 0 failed"))

    def test_names_of_one_suite_do_not_cover_differences_of_another(self):
        done, _ = self.last_line("echo compared 10 differ 1 known 0", "echo compared 10 differ 0 known 1")
        self.assertEqual(done.returncode, 1, done.stdout)

    def test_a_failed_test_fails_and_its_output_is_shown(self):
        done, last = self.last_line("echo FAILED: because; echo tests passed 3, failed 1")
        self.assertEqual((done.returncode, last), (1, "vm 0.0.1: 0 rules compared, 0 differ (0 by named kernel bugs), 3 tests passed, 1 failed"))
        self.assertIn("FAILED: because", done.stdout)

    def test_a_bad_status_fails_whatever_was_counted(self):
        done, last = self.last_line("echo tests passed 3, failed 0; exit 70")
        self.assertEqual((done.returncode, last), (1, "vm 0.0.1: 0 rules compared, 0 differ (0 by named kernel bugs), 3 tests passed, 1 failed"))

    def test_a_suite_that_counts_nothing_fails(self):
        done, last = self.last_line("exit 0")
        self.assertEqual((done.returncode, last), (1, "vm 0.0.1: 0 rules compared, 0 differ (0 by named kernel bugs), 0 tests passed, 1 failed"))

    def test_a_suite_gets_the_version_and_the_build_folder(self):
        done, _ = self.last_line('[ "$1" = 0.0.1 ] && [ -n "$NICEMU_BUILD" ] && echo tests passed 1, failed 0')
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_two_suites_run_at_a_time(self):
        # Each waits for the other.
        meet = 'touch {0}/{1}; for i in $(seq 100); do [ -e {0}/{2} ] && echo tests passed 1, failed 0 && exit; sleep 0.1; done'
        done, last = self.last_line(meet.format(self.folder, "a", "b"), meet.format(self.folder, "b", "a"))
        self.assertIn("2 tests passed, 0 failed", last, done.stdout)

    def test_an_interrupt_ends_the_suites_with_all_that_they_started(self):
        self.kernel("0.0.1")
        pid = os.path.join(self.folder, "pid")
        suite = self.write("suite.sh", f"sleep 300 & echo $! >{pid}.new; mv {pid}.new {pid}; wait\n")
        child = subprocess.Popen([VM, "test", "--no-install", "--kernel", "0.0.1"], start_new_session=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env={**os.environ, "NICEMU_VM": self.folder, "NICEMU_BUILD": self.folder,
                                      "NICEMU_VM_SUITES": self.write("suites", f"one sh {suite}\n")})
        self.wait_for(lambda: os.path.exists(pid))
        os.killpg(child.pid, signal.SIGINT)
        self.assertEqual(child.wait(30), 130)
        with open(pid, encoding="ascii") as file:
            sleeper = file.read().strip()
        self.wait_for(lambda: "sleep" not in run("cat", f"/proc/{sleeper}/cmdline").stdout)

    def wait_for(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not come")
            time.sleep(0.05)

    def test_only_the_named_suites_are_run(self):
        self.kernel("0.0.1")
        table = self.write("suites", "one echo tests passed 1, failed 0\ntwo echo tests passed 10, failed 0\n")
        done = self.vm("test", "--no-install", "--kernel", "0.0.1", "two", NICEMU_BUILD=self.folder, NICEMU_VM_SUITES=table)
        self.assertIn("10 tests passed, 0 failed", done.stdout)
        done = self.vm("test", "--no-install", "--kernel", "0.0.1", "three", NICEMU_BUILD=self.folder, NICEMU_VM_SUITES=table)
        self.assertEqual(done.returncode, 2)
        self.assertIn("three is no suite", done.stderr)


def bzimage(payload):
    """A boot protocol header, one sector of set-up, 32 bytes of code, the payload, and something behind."""
    image = bytearray(1024)
    image[0x1f1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, 32, len(payload))
    return bytes(image) + b"\x90" * 32 + payload + b"\0" * 64


class Image(Folder):
    ELF = b"\x7fELF" + bytes(range(256)) * 64

    def unpack(self, image):
        with open(os.path.join(self.folder, "bzimage"), "wb") as file:
            file.write(image)
        out = os.path.join(self.folder, "vmlinux")
        done = run("/usr/bin/python3", "-B", VMLINUX, os.path.join(self.folder, "bzimage"), out)
        if done.returncode:
            return done.stderr
        with open(out, "rb") as file:
            return file.read()

    def packed(self):
        size = struct.pack("<I", len(self.ELF))
        yield "gzip", gzip.compress(self.ELF)
        yield "xz", lzma.compress(self.ELF) + size
        for program, options in (("zstd", ["-qc"]), ("lz4", ["-qlc"])):
            if shutil.which(program):
                yield program, subprocess.run([program] + options, input=self.ELF, stdout=subprocess.PIPE, check=True).stdout + size

    def test_a_kernel_comes_out_of_every_compression(self):
        for name, payload in self.packed():
            with self.subTest(name):
                self.assertEqual(self.unpack(bzimage(payload)), self.ELF)

    def test_what_is_no_kernel_is_refused_with_the_reason(self):
        whole = bzimage(gzip.compress(self.ELF))
        for name, image, told in (("empty", b"", "it is no bzImage"), ("text", b"x" * 4096, "it is no bzImage"),
                                  ("cut off", whole[:-100], "it is cut off"), ("header only", whole[:0x24a], ""),
                                  ("unknown", bzimage(b"unknown" * 9), "its compression is unknown: 756e6b6e6f77"),
                                  ("no elf", bzimage(gzip.compress(b"text")), "there is no ELF file in it")):
            with self.subTest(name):
                answer = self.unpack(image)
                self.assertIsInstance(answer, str)
                self.assertIn(told, answer)
                self.assertNotIn("Traceback", answer)


# What kernels print when something is wrong, each found alone.
BAD = """\
WARNING: CPU: 0 PID: 91 at net/netfilter/nf_tables_api.c:1 nft_x+0x1/0x2
WARNING: possible recursive locking detected
WARNING: suspicious RCU usage
------------[ cut here ]------------
BUG: kernel NULL pointer dereference, address: 0000000000000008
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:1
BUG: KASAN: slab-use-after-free in f+0x1/0x2
BUG: unable to handle page fault for address: ffff
BUG nft_flow (Tainted: G           O      ): Objects remaining in nft_flow on __kmem_cache_shutdown()
kernel BUG at mm/slub.c:1!
Oops: 0002 [#1] PREEMPT SMP NOPTI
general protection fault, probably for non-canonical address 0xdead000000000100
Kernel panic - not syncing: Fatal exception
Call Trace:
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_sched self-detected stall on CPU
watchdog: BUG: soft lockup - CPU#0 stuck for 26s!
INFO: task nft:91 blocked for more than 120 seconds.
unregister_netdevice: waiting for eth0 to become free. Usage count = 2
refcount_t: underflow; use-after-free.
list_del corruption. prev->next should be ffff, but was dead000000000100
UBSAN: array-index-out-of-bounds in f.c:1:2
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmem_cache_destroy nft_flow: Slab cache still has objects when called from f+0x1/0x2
nft: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP)
Out of memory: Killed process 91 (nft)
INFO: possible circular locking dependency detected
percpu ref (f) <= 0 (-1) after switching to atomic
INFO: trying to register non-static key.
=============================================================================
""".splitlines()
GOOD = """\
Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)
Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
acpi PNP0A03:00: fail to add MMCONFIG information, can't access extended PCI configuration space under this bridge.
tsc: Unable to calibrate against PIT
netdevsim: loading out-of-tree module taints kernel.
netdevsim: module verification failed: signature and/or required key missing - tainting kernel
Module nsim_nft_offload is rejected: unsigned
rcu: Hierarchical RCU implementation.
clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' as unstable because the skew is too large:
debug: ignore_loglevel
""".splitlines()


class LogCheck(unittest.TestCase):
    def test_each_kind_of_complaint_is_found(self):
        for line in BAD[:-1]:
            with self.subTest(line):
                self.assertEqual(logcheck.complaints([line]), [line])

    def test_what_kernels_usually_print_is_no_complaint(self):
        self.assertEqual(logcheck.complaints(GOOD), [])

    def test_an_excerpt_has_what_is_around_it_and_an_end(self):
        shown = logcheck.complaints(["a", "b", "c", BAD[0]] + [f"line {n}" for n in range(50)] + ["end"])
        self.assertEqual(shown[:3], ["b", "c", BAD[0]])
        self.assertNotIn("end", shown)
        self.assertLessEqual(len(logcheck.complaints([BAD[0]] * 100000)), logcheck.AT_MOST)

    def test_times_levels_and_keys_of_records_are_no_part_of_the_message(self):
        self.assertEqual(logcheck.console_lines("[    1.5] WARNING: x\r\n[   12.000001][  T1] y"), ["WARNING: x", "y"])
        self.assertEqual(logcheck.record_lines("4,12,15000,-;WARNING: x\n SUBSYSTEM=net\n6,13,16000,c;y\nstatus 0\n"), ["WARNING: x", "y"])


if __name__ == "__main__":
    if missing_packages():
        skip_suite("not installed: " + missing_packages())
    unittest.main()
