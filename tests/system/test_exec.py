# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu exec, start, stop: unmodified programs on the emulated NIC."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from nicemu import NICEMU, end_group, nicemu, run, skip_suite, start, write_temporary

CHAIN = """table netdev t {
	chain c {
		type filter hook ingress device "eth0" priority 10; flags offload;
%s	}
}
"""
COUNT = 20000


def rules(count):
    return CHAIN % "".join("\t\tip saddr 10.%d.%d.%d tcp dport 80 counter drop\n"
                           % (n >> 16, n >> 8 & 255, n & 255) for n in range(count))


def as_ordinary_user(test, folder):
    """Words that start a copy of nicemu, laid out in folder as it is installed, without any rights."""
    os.chmod(folder, 0o755)
    build = os.path.dirname(os.path.dirname(NICEMU))
    for part in ("cli/nicemu", "shim/libnicemu-shim.so"):
        os.makedirs(os.path.join(folder, os.path.dirname(part)))
        shutil.copy(os.path.join(build, part), os.path.join(folder, part))
    copy = [os.path.join(folder, "cli/nicemu")]
    if os.geteuid() != 0:
        return copy
    if not shutil.which("setpriv"):
        test.skipTest("setpriv is not installed")
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"] + copy


def wait_for_answers(path):
    """The socket is there a moment before anybody listens."""
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            if probe.connect_ex(path) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(path + " does not answer")


class Statuses(unittest.TestCase):
    def test_the_status_is_the_commands_own(self):
        for status in (0, 1, 7, 125, 200):
            self.assertEqual(nicemu("exec", "--", "sh", "-c", "exit %d" % status).returncode, status)

    def test_a_signal_gives_128_and_its_number(self):
        self.assertEqual(nicemu("exec", "--", "sh", "-c", "kill -9 $$").returncode, 137)

    def test_a_command_that_is_not_there_gives_127(self):
        result = nicemu("exec", "--", "no-such-command-xyz")
        self.assertEqual(result.returncode, 127)
        self.assertIn("no-such-command-xyz", result.stderr)

    def test_a_folder_that_cannot_be_searched_does_not_make_it_126(self):
        with tempfile.TemporaryDirectory() as folder:
            closed = os.path.join(folder, "closed")
            os.mkdir(closed, 0)
            result = run(*as_ordinary_user(self, folder), "exec", "--", "no-such-command-xyz",
                         cwd="/", env={"PATH": closed + ":" + os.environ["PATH"]})
            self.assertEqual(result.returncode, 127, result.stderr)

    def test_a_command_that_cannot_run_gives_126(self):
        self.assertEqual(nicemu("exec", "--", write_temporary("data", ".txt")).returncode, 126)
        self.assertEqual(nicemu("exec", "--", "/tmp").returncode, 126)

    def test_refused_rules_give_125_and_the_command_is_not_run(self):
        result = nicemu("exec", "-r", write_temporary("this is no ruleset\n"), "--", "echo", "ran")
        self.assertEqual((result.returncode, result.stdout), (125, ""), result.stderr)

    def test_rules_are_loaded_before_the_command(self):
        result = nicemu("exec", "-r", write_temporary(rules(1)), "--", "nft", "list", "ruleset")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("10.0.0.0 tcp dport 80", result.stdout)

    def test_usage_is_2_and_unknown_names_are_listed(self):
        self.assertEqual(nicemu("exec").returncode, 2)
        self.assertEqual(nicemu("start").returncode, 2)
        self.assertEqual(nicemu("nonsense").returncode, 2)
        result = nicemu("start", "--foreground", "--socket", "/tmp/x", "-m", "nonsense")
        self.assertEqual(result.returncode, 2)
        self.assertIn("generic", result.stderr)

    def test_commands_of_later_versions_say_so_and_give_4(self):
        result = nicemu("diff", "x")
        self.assertEqual(result.returncode, 4)
        self.assertIn("not available in this version", result.stderr)

    def test_help_and_version(self):
        self.assertRegex(nicemu("--version").stdout, r"^nicemu \d+\.\d+\.\d+\n$")
        for words in (["--help"], ["exec", "--help"], ["start", "--help"], ["stop", "--help"]):
            result = nicemu(*words)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("usage:", result.stdout)


class Streams(unittest.TestCase):
    def test_stdin_stdout_and_stderr_are_the_commands(self):
        result = nicemu("exec", "--", "sh", "-c", "cat; echo err >&2", stdin="hello\n")
        self.assertEqual((result.stdout, result.stderr), ("hello\n", "err\n"))

    def test_the_environment_keeps_an_earlier_preload(self):
        result = nicemu("exec", "--", "sh", "-c", "echo $LD_PRELOAD",
                        env=dict(os.environ, LD_PRELOAD="libc.so.6"))
        self.assertRegex(result.stdout, r"^libc\.so\.6:/.*libnicemu-shim\.so\n$")

    def test_interrupt_goes_to_the_command(self):
        process = start(NICEMU, "exec", "--", "sh", "-c",
                        "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done",
                        stdout=subprocess.PIPE)
        self.addCleanup(end_group, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        self.assertEqual((output, process.returncode), ("caught\n", 9))

    def test_terminate_is_forwarded(self):
        process = start(NICEMU, "exec", "--", "sh", "-c",
                        "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
                        stdout=subprocess.PIPE)
        self.addCleanup(end_group, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
        self.assertEqual((output, process.returncode), ("caught\n", 9))

    def test_the_emulator_ends_when_exec_is_killed(self):
        with tempfile.TemporaryDirectory() as folder:
            process = start(NICEMU, "exec", "--", "sleep", "60", env=dict(os.environ, TMPDIR=folder))
            self.addCleanup(end_group, process)
            deadline = time.time() + 20
            while not os.listdir(folder) and time.time() < deadline:
                time.sleep(0.02)
            time.sleep(0.2)
            process.kill()
            process.wait()
            while os.listdir(folder) and time.time() < deadline:
                time.sleep(0.02)
            self.assertEqual(os.listdir(folder), [])


class Nft(unittest.TestCase):
    def test_a_large_file_is_loaded_and_listed_back(self):
        text = rules(COUNT)
        result = nicemu("exec", "--", "sh", "-c", "nft -f %s && nft -s list ruleset" % write_temporary(text))
        self.assertEqual(result.returncode, 0, result.stderr[:2000])
        self.assertEqual(result.stdout.count("counter"), COUNT)
        self.assertIn("10.0.78.31 tcp dport 80", result.stdout)

    def test_every_one_of_many_errors_is_shown(self):
        text = "".join("add rule netdev t nochain%d drop\n" % n for n in range(COUNT))
        result = nicemu("exec", "-q", "--", "sh", "-c",
                        "nft add table netdev t && nft -f %s" % write_temporary(text))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count("Error:"), COUNT, result.stderr[:1000])

    def test_interactive_nft_reads_commands_from_a_pipe(self):
        result = nicemu("exec", "--", "nft", "-i", stdin="add table ip one\nadd table ip two\nlist tables\nquit\n")
        self.assertIn("table ip one\ntable ip two", result.stdout, result.stderr)

    def test_check_mode_changes_nothing(self):
        result = nicemu("exec", "--", "sh", "-c", "nft -c -f %s && nft list ruleset" % write_temporary(rules(3)))
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_monitor_hears_what_another_program_changes(self):
        script = """
        nft monitor > $1 & monitor=$!
        for i in $(seq 100); do
            nft add table ip probe$i; sleep 0.05
            grep -q probe $1 && break
        done
        nft -f $2; nft add table ip last
        for i in $(seq 100); do grep -q last $1 && break; sleep 0.05; done
        kill $monitor; wait $monitor 2>/dev/null; true"""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            result = nicemu("exec", "--", "sh", "-c", script, "sh", out, write_temporary(rules(500)))
            with open(out) as file:
                text = file.read()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(text.count("add rule netdev t c"), 500, text[:1000] + result.stderr)
        self.assertIn("add table ip last", text)

    def test_two_programs_at_once_do_not_disturb_each_other(self):
        script = """
        one() { for i in $(seq 40); do nft add table ip $1$i || exit 1; nft list tables >/dev/null || exit 1; done; }
        one a & first=$!; one b & second=$!
        wait $first && wait $second && nft list tables | wc -l"""
        result = nicemu("exec", "--", "sh", "-c", script)
        self.assertEqual((result.returncode, result.stdout.strip()), (0, "80"), result.stderr)

    def test_reasons_follow_a_refusal_and_only_once(self):
        bad = write_temporary(CHAIN.replace("priority 10", "priority 0") % "")
        result = nicemu("exec", "--", "nft", "-f", bad)
        self.assertEqual(result.returncode, 1)
        nft, ours = result.stderr.find("Error:"), result.stderr.find("nicemu:")
        self.assertTrue(0 <= nft < ours, result.stderr)
        self.assertEqual(result.stderr.count("EOPNOTSUPP"), 1, result.stderr)

    def test_libnftables_in_a_program_of_its_own(self):
        library = "libnftables.so.1"
        code = ("import ctypes\n"
                "try: n = ctypes.CDLL('%s')\n"
                "except OSError: print('absent'); raise SystemExit\n"
                "n.nft_ctx_new.restype = ctypes.c_void_p\n"
                "n.nft_ctx_get_output_buffer.restype = ctypes.c_char_p\n"
                "c = ctypes.c_void_p(n.nft_ctx_new(0)); n.nft_ctx_buffer_output(c)\n"
                "assert n.nft_run_cmd_from_buffer(c, b'add table inet mine') == 0\n"
                "assert n.nft_run_cmd_from_buffer(c, b'list ruleset') == 0\n"
                "print(n.nft_ctx_get_output_buffer(c).decode())\n" % library)
        result = nicemu("exec", "--", sys.executable, "-c", code)
        if "absent" in result.stdout:
            self.skipTest(library + " is not installed")
        self.assertIn("table inet mine", result.stdout, result.stderr)

    def test_children_of_a_fork_keep_working_on_the_same_socket(self):
        code = ("import os, socket, struct\n"
                "s = socket.socket(16, 3, 0)\n"
                "def ask():\n"
                "    s.send(struct.pack('IHHIIBxHiII', 32, 18, 1, 5, 0, 0, 0, 2, 0, 0))\n"
                "    return struct.unpack_from('IHHII', s.recv(4096))[1]\n"
                "if os.fork() == 0: os._exit(0 if ask() == 16 else 1)\n"
                "status = os.wait()[1]\n"
                "print(status, ask(), os.dup(s.fileno()) > 0)\n")
        result = nicemu("exec", "--", sys.executable, "-c", code)
        self.assertEqual(result.stdout, "0 16 True\n", result.stderr)

    def test_an_ordinary_user_needs_no_rights(self):
        if os.geteuid() != 0:
            self.skipTest("every test here runs as an ordinary user already")
        with tempfile.TemporaryDirectory() as folder:
            nicemu_there = as_ordinary_user(self, folder)
            rules_file = os.path.join(folder, "rules.nft")
            with open(rules_file, "w") as out:
                out.write(rules(3))
            result = run(*nicemu_there, "exec", "-r", rules_file, "--",
                         "nft", "list", "ruleset", cwd="/", env={"PATH": os.environ["PATH"]})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count("counter"), 3)


class NetlinkManners(unittest.TestCase):
    """What a netlink socket does and the connection behind it does not do by itself."""

    def check(self, code, **more):
        prelude = ("import errno, os, select, socket, struct\n"
                   "def get(index, flags=1): return struct.pack('IHHIIBxHiII', 32, 18, flags, 5, 0, 0, 0, index, 0, 0)\n"
                   "def fails(number, function, *words):\n"
                   "    try: function(*words)\n"
                   "    except OSError as error: assert error.errno == number, error; return\n"
                   "    raise AssertionError('no error')\n"
                   "s = socket.socket(16, 3, 0)\n")
        result = nicemu("exec", "--", sys.executable, "-c", prelude + code, **more)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_peek_and_truncate(self):
        self.check("s.send(get(2))\n"
                   "n, _, flags, _ = s.recvmsg(0, 0, socket.MSG_PEEK | socket.MSG_TRUNC)\n"
                   "assert flags & socket.MSG_TRUNC, flags\n"
                   "whole = len(s.recv(65536, socket.MSG_PEEK))\n"
                   "buffer = bytearray(10)\n"
                   "assert s.recv_into(buffer, 10, socket.MSG_PEEK | socket.MSG_TRUNC) == whole\n"
                   "assert s.recv_into(buffer, 10) == 10\n"
                   "s.setblocking(False); fails(errno.EAGAIN, s.recv, 10)\n")

    def test_addresses(self):
        self.check("assert s.getsockname() == (0, 0), s.getsockname()\n"
                   "s.bind((0, 0)); assert s.getsockname() == (os.getpid(), 0)\n"
                   "t = socket.socket(16, 3, 12); t.bind((4242, 0)); assert t.getsockname() == (4242, 0)\n"
                   "u = socket.socket(16, 3, 12); fails(errno.EADDRINUSE, u.bind, (4242, 0))\n"
                   "assert s.getpeername() == (0, 0)\n"
                   "s.send(get(2)); assert s.recvfrom(4096)[1] == (0, 0)\n"
                   "s.sendto(get(2), (0, 0)); assert s.recv(4096)\n"
                   "fails(errno.ECONNREFUSED, s.sendto, get(2), (99, 0))\n")

    def test_options(self):
        self.check("assert s.getsockopt(1, 39) == 16 and s.getsockopt(1, 38) == 0 and s.getsockopt(1, 3) == 3\n"
                   "s.setsockopt(1, socket.SO_RCVBUF, 1 << 20); s.setsockopt(1, 33, 1 << 26); s.setsockopt(1, 32, 1 << 26)\n"
                   "assert s.getsockopt(270, 11) == 0; s.setsockopt(270, 11, 1); assert s.getsockopt(270, 11) == 1\n"
                   "fails(errno.EINVAL, s.setsockopt, 270, 1, 1000)\n")

    def test_other_protocols_and_types_are_refused(self):
        self.check("for p in list(range(1, 4)) + [4, 5, 9, 11, 15, 21]:\n"
                   "    fails(errno.EPROTONOSUPPORT, socket.socket, 16, 3, p)\n"
                   "fails(errno.ESOCKTNOSUPPORT, socket.socket, 16, socket.SOCK_STREAM, 0)\n"
                   "assert socket.socket(16, socket.SOCK_DGRAM, 12) and socket.socket(16, 3, 16)\n")

    def test_waiting_in_each_way_sees_every_reply(self):
        self.check("import selectors\n"
                   "def drain(ready):\n"
                   "    s.send(get(2) * 3000); n = 0\n"
                   "    while ready(): assert s.recv(4096); n += 1\n"
                   "    assert n == 3000, n\n"
                   "s.setblocking(False)\n"
                   "drain(lambda: select.select([s], [], [], 0)[0])\n"
                   "p = select.poll(); p.register(s, select.POLLIN); drain(lambda: p.poll(0))\n"
                   "e = select.epoll(); e.register(s, select.EPOLLIN); drain(lambda: e.poll(0))\n"
                   "def one():\n"
                   "    try: return s.recv(4096, socket.MSG_PEEK)\n"
                   "    except BlockingIOError: return None\n"
                   "drain(one)\n")

    def test_descriptors_do_not_pile_up(self):
        self.check("before = len(os.listdir('/proc/self/fd'))\n"
                   "for i in range(300):\n"
                   "    s.send(get(2)); s.recv(4096); socket.if_nameindex(); socket.socket(16, 3, 0).close()\n"
                   "assert len(os.listdir('/proc/self/fd')) == before\n")

    def test_signals_and_threads(self):
        self.check("import signal, threading\n"
                   "hits = []\n"
                   "signal.signal(signal.SIGALRM, lambda *a: hits.append(1)); signal.siginterrupt(signal.SIGALRM, True)\n"
                   "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
                   "def work():\n"
                   "    t = socket.socket(16, 3, 0)\n"
                   "    for i in range(300):\n"
                   "        t.send(get(i % 8 + 2)); d = t.recv(4096); assert struct.unpack_from('i', d, 20)[0] == i % 8 + 2\n"
                   "failed = []\n"
                   "threading.excepthook = lambda a: failed.append(a)\n"
                   "threads = [threading.Thread(target=work) for i in range(4)]\n"
                   "[t.start() for t in threads]; work(); [t.join() for t in threads]\n"
                   "signal.setitimer(signal.ITIMER_REAL, 0)\n"
                   "assert hits and not failed, failed\n")

    def test_a_dead_emulator_is_an_error_and_not_a_hang(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            process = start(NICEMU, "start", "--foreground", "--socket", path)
            self.addCleanup(end_group, process)
            wait_for_answers(path)
            code = ("import socket, os, struct, sys\n"
                    "s = socket.socket(16, 3, 0); s.bind((0, 0)); print('ready', flush=True); sys.stdin.readline()\n"
                    "for f in (lambda: s.send(b'x' * 32), lambda: s.recv(10)):\n"
                    "    try: f(); print('no error')\n"
                    "    except OSError as e: print(e.errno)\n")
            child = start(NICEMU, "exec", "--socket", path, "--", sys.executable, "-c", code,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(end_group, child)
            self.assertEqual(child.stdout.readline(), "ready\n")
            process.kill()
            process.wait()
            output, errors = child.communicate("\n", timeout=20)
            self.assertEqual(output, "111\n104\n", errors)

    def test_an_emulator_of_its_own_that_was_killed_is_told_and_gives_125(self):
        code = ("import os, socket, struct\n"
                "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(os.environ['NICEMU_SOCKET'])\n"
                "os.kill(struct.unpack('3i', s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0], 9)\n")
        result = nicemu("exec", "--", sys.executable, "-c", code)
        self.assertEqual(result.returncode, 125)
        self.assertTrue(result.stderr.endswith("nicemu exec: the emulator was killed by signal 9 (Killed)\n"), result.stderr)


class Interfaces(unittest.TestCase):
    def test_the_c_library_sees_the_ports_and_not_the_hosts(self):
        result = nicemu("exec", "--port", "x0", "--", sys.executable, "-c",
                        "import socket; print([n for i, n in socket.if_nameindex()], socket.if_nametoindex('x0'),"
                        " socket.if_indextoname(10))")
        self.assertEqual(result.stdout, "['lo', 'eth0', 'eth1', 'eth2', 'eth3', 'eth4', 'eth5', 'eth6', 'eth7', 'x0'] "
                         "10 x0\n", result.stderr)

    def test_ip_lists_the_ports(self):
        if not shutil.which("ip"):
            self.skipTest("iproute2 is not installed")
        import json
        result = nicemu("exec", "--", "ip", "-j", "link")
        links = json.loads(result.stdout)
        self.assertEqual([link["ifname"] for link in links], ["lo"] + ["eth%d" % n for n in range(8)])
        self.assertEqual(links[1]["operstate"], "UP")
        self.assertEqual(nicemu("exec", "--", "ip", "addr", "add", "10.0.0.1/8", "dev", "eth0").returncode, 2)
        self.assertIn("does not exist", nicemu("exec", "--", "ip", "link", "show", "nope").stderr)


class StartStop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "s")

    def tearDown(self):
        if os.path.exists(self.path):
            nicemu("stop", "--socket", self.path)
        self.folder.cleanup()

    def test_an_emulator_keeps_its_rules_over_commands(self):
        result = nicemu("start", "--socket", self.path)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(nicemu("exec", "--socket", self.path, "--", "nft", "add", "table", "ip", "kept").returncode, 0)
        listed = nicemu("exec", "--", "nft", "list", "tables", env=dict(os.environ, NICEMU_SOCKET=self.path))
        self.assertEqual(listed.stdout, "table ip kept\n", listed.stderr)
        self.assertEqual(nicemu("stop", "--socket", self.path).returncode, 0)
        self.assertFalse(os.path.exists(self.path))

    def test_messages_name_what_is_wrong(self):
        for command in (["stop"], ["exec", "--", "true"]):
            words = [command[0], "--socket", self.path] + command[1:]
            result = nicemu(*words)
            self.assertEqual(result.returncode, 125 if command[0] == "exec" else 4)
            self.assertIn("no emulator there", result.stderr)
        nicemu("start", "--socket", self.path)
        result = nicemu("start", "--socket", self.path)
        self.assertEqual(result.returncode, 4)
        self.assertIn("answers there already", result.stderr)
        result = nicemu("exec", "--socket", self.path, "-k", "6.1", "--", "true")
        self.assertIn("-k describes the NIC of a new emulator", result.stderr)
        plain = os.path.join(self.folder.name, "file")
        open(plain, "w").close()
        self.assertIn("not a socket", nicemu("start", "--socket", plain).stderr)
        self.assertTrue(os.path.exists(plain))
        self.assertIn("107", nicemu("start", "--socket", os.path.join(self.folder.name, "x" * 120)).stderr)
        self.assertIn("No such file", nicemu("start", "--socket", "/nonexistent/s").stderr)

    def test_a_dead_emulators_socket_is_replaced(self):
        process = start(NICEMU, "start", "--foreground", "--socket", self.path)
        self.addCleanup(end_group, process)
        while nicemu("exec", "--socket", self.path, "--", "true").returncode:
            time.sleep(0.05)
        process.kill()
        process.wait()
        self.assertIn("has ended", nicemu("exec", "--socket", self.path, "--", "true").stderr)
        self.assertEqual(nicemu("start", "--socket", self.path).returncode, 0)

    def test_terminate_ends_it_and_removes_the_socket(self):
        process = start(NICEMU, "start", "--foreground", "--socket", self.path)
        self.addCleanup(end_group, process)
        while not os.path.exists(self.path):
            time.sleep(0.05)
        process.terminate()
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_start_holds_no_stream_of_its_caller(self):
        result = subprocess.run("%s start --socket %s 2>&1 | cat" % (NICEMU, self.path), shell=True, timeout=20)
        self.assertEqual(result.returncode, 0)

    def test_two_starts_at_once_make_one_emulator(self):
        starts = [subprocess.Popen([NICEMU, "start", "--socket", self.path], stderr=subprocess.DEVNULL)
                  for _ in range(6)]
        self.assertEqual(sorted(s.wait(timeout=30) for s in starts), [0, 4, 4, 4, 4, 4])


if __name__ == "__main__":
    if not shutil.which("nft") and not os.path.exists("/usr/sbin/nft"):
        skip_suite("nft is not installed")
    unittest.main()
