# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/vm run with real guests (6.1): what comes in and out, what their log does to the status, that nothing is left behind."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))

from nicemu import SOURCE, end_group, run, skip_suite, start

VM = os.path.join(SOURCE, "scripts", "vm")
WORK = os.environ.get("NICEMU_VM") or os.path.join(SOURCE, ".build", "vm")


def guests_of(mark):
    """Processes that have MARK among their arguments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"qemu-system-x86_64") and any(mark.encode() in word for word in words):
            found.append(int(pid))
    return found


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nicemu-guest-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def script(self, text, name="script.sh"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def vm(self, text, *options, files=()):
        return run(VM, "run", *options, self.script(text), *files, timeout=240)

    def test_output_and_status_are_the_scripts(self):
        done = self.vm("echo one; echo two >&2; printf 'a\\r\\nb'; exit 7\n")
        self.assertEqual((done.returncode, done.stdout), (7, "one\ntwo\na\nb"), done.stderr)
        self.assertNotIn("complains", done.stderr)

    def test_files_folders_programs_and_kernel_arguments_arrive_and_what_is_left_in_out_comes_back(self):
        os.makedirs(os.path.join(self.folder, "data", "deep"))
        self.script("in the file\n", "data/deep/file")
        out = os.path.join(self.folder, "back", "here")
        done = self.vm("cat data/deep/file; pwd; factor 6; grep -o 'a=b c=d' /proc/cmdline\n"
                       "mkdir -p out/x; echo result >out/x/y; ln -s y out/x/link; head -c 3000000 /dev/zero >out/large; exit 3\n",
                       "--program", "/usr/bin/factor", "--append", "a=b c=d", "--out", out, files=[os.path.join(self.folder, "data")])
        self.assertEqual((done.returncode, done.stdout), (3, "in the file\n/vm\n6: 2 3\na=b c=d\n"), done.stderr)
        with open(os.path.join(out, "x", "link"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "result\n")
        self.assertEqual(os.path.getsize(os.path.join(out, "large")), 3000000)

    def test_netdevsim_nft_tc_and_the_functions_work(self):
        done = self.vm(". /vm/guest.sh\nload_netdevsim || exit 9\nset -- $(new_nsim 10 3)\n[ $# = 3 ] && pass three ports\n"
                       "check 'nft has a chain' nft 'add table netdev t; add chain netdev t c { type filter hook ingress device '$2' priority 0; }'\n"
                       "check 'tc has a qdisc' tc qdisc add dev $1 clsact\nrefute 'no such device' ip link show nosuch\n"
                       "check 'ip is iproute2' sh -c 'ip -V | grep iproute2'\ndelete_nsim 10\n"
                       "check 'the ports are gone' [ ! -e /sys/class/net/$1 ]\nfinish\n")
        self.assertEqual((done.returncode, done.stdout.split("\n")[-2]), (0, "tests passed 6, failed 0"), done.stdout + done.stderr)

    def test_failed_checks_count_and_show_what_was_printed(self):
        done = self.vm(". /vm/guest.sh\npass good\ncheck 'ends well' sh -c 'echo because; exit 3'\nrefute 'ends badly' true\nfinish\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("    because\n", done.stdout)
        self.assertEqual(done.stdout.split("\n")[-2], "tests passed 1, failed 2")

    def test_a_warning_in_the_log_is_shown_and_status_70_although_the_script_hides_it(self):
        done = self.vm("dmesg -n 1; echo '<4>WARNING: CPU: 0 PID: 1 at planted' >/dev/kmsg; dmesg -c >/dev/null; exit 0\n")
        self.assertEqual(done.returncode, 70)
        self.assertIn("  WARNING: CPU: 0 PID: 1 at planted", done.stderr)

    def test_what_the_script_prints_is_no_log(self):
        done = self.vm("echo 'WARNING: CPU: 0 PID: 1 at'; echo 'status 5' >/vm/x; cat /vm/x; echo '[ 1.0] BUG: '\n")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_real_oops_is_found(self):
        done = self.vm("echo c >/proc/sysrq-trigger\n")
        self.assertEqual(done.returncode, 70)
        self.assertIn("Kernel panic - not syncing: sysrq triggered crash", done.stderr)

    def test_a_guest_that_ends_before_its_script_is_status_70(self):
        done = self.vm("echo before; sleep 1; reboot -f\n")
        self.assertEqual((done.returncode, done.stdout), (70, "before\n"))
        self.assertIn("the guest ended before its script did", done.stderr)

    def test_time_out_is_124_and_leaves_no_guest(self):
        done = self.vm("echo begun; sleep 1000\n", "--timeout", "30", "--append", "mark=timeout-test")
        self.assertEqual((done.returncode, done.stdout), (124, "begun\n"), done.stderr)
        self.assertIn("time-out after 30 s", done.stderr)
        self.assertEqual(guests_of("mark=timeout-test"), [])

    def interrupted(self, how, mark, status):
        process = start(VM, "run", "--append", "mark=" + mark, self.script("echo begun; sleep 1000\n"),
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertEqual(process.stdout.readline(), "begun\n")
            process.send_signal(how)
            self.assertEqual(process.wait(20), status)
            until = time.monotonic() + 10
            while guests_of("mark=" + mark) and time.monotonic() < until:
                time.sleep(0.1)
            self.assertEqual(guests_of("mark=" + mark), [])
        finally:
            end_group(process)

    def test_signals_end_the_guest(self):
        self.interrupted(signal.SIGINT, "int-test", 130)
        self.interrupted(signal.SIGTERM, "term-test", 130)

    def test_a_killed_run_leaves_no_guest(self):
        self.interrupted(signal.SIGKILL, "kill-test", -signal.SIGKILL)

    def test_two_guests_at_a_time_do_not_disturb_each_other(self):
        processes = [start(VM, "run", "--out", os.path.join(self.folder, name),
                           self.script(f"echo {name} >out/name; echo {name}; sleep 1; exit {number}\n", name + ".sh"),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE) for number, name in enumerate(("left", "right"))]
        for number, (process, name) in enumerate(zip(processes, ("left", "right"))):
            output, errors = process.communicate(timeout=120)
            self.assertEqual((process.returncode, output), (number, name + "\n"), errors)
            with open(os.path.join(self.folder, name, "name"), encoding="utf-8") as file:
                self.assertEqual(file.read(), name + "\n")

    def test_nothing_is_left_in_the_work_folder(self):
        # A folder of its own, since others may be at work in the usual one.
        for name in os.listdir(WORK):
            if name[0].isdigit():
                os.symlink(os.path.join(WORK, name), os.path.join(self.folder, name))
        done = run(VM, "run", self.script("exit 0\n"), env={**os.environ, "NICEMU_VM": self.folder}, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(".work")], [])


if __name__ == "__main__":
    prepared = run(VM, "prepare", "--no-install", timeout=500)
    if prepared.returncode == 4:
        skip_suite("no kernel for virtual machines: " + (prepared.stderr.strip().splitlines() or ["?"])[-1])
    unittest.main()
