# SPDX-License-Identifier: GPL-2.0-or-later
"""A command and its emulator: signals at every phase, odd surroundings, clients that misbehave."""
import fcntl
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from nicemu import NICEMU, PCAPS, end_group, nicemu, run, skip_suite, start, write_temporary
from wire import Client

RULES = """table netdev t {
	chain c {
		type filter hook ingress device "eth0" priority 10; flags offload;
		ip saddr 10.0.0.1 counter drop
	}
}
"""
PATIENCE = 20


def eventually(condition):
    """Wait until condition() is true: its last value."""
    deadline = time.time() + PATIENCE
    while not condition() and time.time() < deadline:
        time.sleep(0.02)
    return condition()


def runs(process):
    """Is there such a process, and does it do anything?"""
    try:
        with open("/proc/%d/stat" % process) as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *words, **more):
        process = start(*words, **more)
        self.addCleanup(end_group, process)
        return process


class Signals(Folder):
    def test_a_signal_that_comes_as_the_program_starts_is_the_programs(self):
        script = "trap 'exit 9' %s; kill -%s $PPID; while :; do sleep 0.01; done"
        for attempt in range(8):
            for name in ("TERM", "HUP"):
                result = nicemu("exec", "--", "sh", "-c", script % (name, name), timeout=PATIENCE)
                self.assertEqual(result.returncode, 9, (attempt, name, result.stderr))

    def test_the_program_is_not_started_with_signals_blocked_or_ignored(self):
        result = nicemu("exec", "--", "sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status")
        self.assertEqual(result.stdout, run("sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status").stdout)

    def slow_nft(self):
        """A PATH whose nft writes its process id to a file and stays."""
        os.mkdir(self.path("bin"))
        os.mkdir(self.path("tmp"))
        program = self.path("bin/nft")
        with open(program, "w") as out:
            out.write('#!/bin/sh\necho $$ > %s.new\nmv %s.new %s\nexec sleep 300\n'
                      % ((self.path("pid"),) * 3))
        os.chmod(program, 0o755)
        return dict(os.environ, PATH=self.path("bin") + ":" + os.environ["PATH"], TMPDIR=self.path("tmp"))

    def interrupt_while_nft_loads(self, number, *words):
        environment = self.slow_nft()
        process = self.start(NICEMU, *words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(eventually(lambda: os.path.exists(self.path("pid"))))
        with open(self.path("pid")) as file:
            nft = int(file.read())
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 128 + number, errors)
        self.assertEqual(output, "")
        self.assertFalse(runs(nft), "nft goes on")
        self.assertTrue(eventually(lambda: os.listdir(self.path("tmp")) == []), os.listdir(self.path("tmp")))
        return errors

    def test_interrupt_while_exec_loads_rules_ends_all(self):
        errors = self.interrupt_while_nft_loads(signal.SIGINT, "exec", "-r", write_temporary(RULES), "--",
                                                "echo", "ran")
        self.assertEqual(errors, "")

    def test_interrupt_while_replay_loads_rules_leaves_no_output_behind(self):
        self.interrupt_while_nft_loads(signal.SIGINT, "replay", "-r", write_temporary(RULES),
                                       os.path.join(PCAPS, "demo.pcap"), "-w", "drop=" + self.path("out.pcap"))
        self.assertFalse(os.path.exists(self.path("out.pcap")))

    def test_terminate_while_exec_loads_rules_ends_all(self):
        self.interrupt_while_nft_loads(signal.SIGTERM, "exec", "-r", write_temporary(RULES), "--", "echo", "ran")

    def test_an_emulator_puts_its_folder_away_when_its_command_is_killed_at_any_time(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for attempt in range(12):
            process = self.start(NICEMU, "exec", "--", "sleep", "300", env=dict(os.environ, TMPDIR=self.folder.name),
                                 stderr=subprocess.DEVNULL)
            # Not before there is an emulator to do it.
            eventually(lambda: any(os.path.exists(self.path(name + "/socket")) for name in os.listdir(self.folder.name)))
            time.sleep(chance.random() * 0.03)
            end_group(process)
            self.assertTrue(eventually(lambda: os.listdir(self.folder.name) == []), (seed, attempt))


class Surroundings(Folder):
    def test_a_program_can_go_elsewhere_when_tmpdir_is_relative(self):
        os.mkdir(self.path("here"))
        result = nicemu("exec", "--", "sh", "-c", "cd / && nft list tables && echo $NICEMU_SOCKET",
                        cwd=self.folder.name, env=dict(os.environ, TMPDIR="here"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.startswith("/"), result.stdout)
        self.assertEqual(os.listdir(self.path("here")), [])

    def test_streams_that_are_closed_stay_closed_and_take_no_messages(self):
        for closed, number in (("<&-", 0), (">&-", 1), ("2>&-", 2), ("<&- >&- 2>&-", 0)):
            result = run("sh", "-c", '"$0" exec -k 6.12 -- sh -c "test -e /proc/self/fd/%d" %s' % (number, closed),
                         NICEMU)
            self.assertEqual(result.returncode, 1, closed)
            result = run("sh", "-c", '"$0" exec -- no-such-command-xyz %s' % closed, NICEMU, timeout=PATIENCE)
            self.assertEqual(result.returncode, 127, closed)
            result = run("sh", "-c", '"$0" exec -r "$1" -- nft add table ip x %s' % closed, NICEMU,
                         write_temporary(RULES), timeout=PATIENCE)
            self.assertEqual(result.returncode, 0, closed)

    def test_an_empty_environment_and_a_folder_that_cannot_be_written_are_enough(self):
        result = run("env", "-i", NICEMU, "exec", "--", "nft", "add", "table", "ip", "x", cwd="/proc")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_running_emulator_keeps_no_folder_in_use(self):
        socket = self.path("s")
        self.addCleanup(nicemu, "stop", "--socket", socket)
        self.assertEqual(nicemu("start", "--socket", "s", cwd=self.folder.name).returncode, 0)
        process = Client(socket).ask({"command": "about"})["process"]
        self.assertEqual(os.readlink("/proc/%d/cwd" % process), "/")


    def test_a_locked_folder_does_not_keep_a_start_waiting_for_good(self):
        holder = os.open(self.folder.name, os.O_RDONLY)
        self.addCleanup(os.close, holder)
        fcntl.flock(holder, fcntl.LOCK_EX)
        self.addCleanup(nicemu, "stop", "--socket", self.path("s"))
        self.assertEqual(nicemu("start", "--socket", self.path("s"), timeout=PATIENCE).returncode, 0)

    def test_a_message_tells_what_to_do_where_no_temporary_folder_can_be_made(self):
        result = nicemu("exec", "--", "true", env=dict(os.environ, TMPDIR="/proc"))
        self.assertEqual(result.returncode, 125)
        self.assertIn("TMPDIR", result.stderr)


class Clients(Folder):
    def setUp(self):
        super().setUp()
        self.socket = self.path("s")
        self.addCleanup(nicemu, "stop", "--socket", self.socket)
        self.assertEqual(nicemu("start", "--socket", self.socket).returncode, 0)

    def test_judging_ends_with_the_client_that_asked_for_it(self):
        judge, other = Client(self.socket), Client(self.socket)
        self.assertEqual(judge.ask({"command": "judge", "on": True}), {})
        self.assertIn("judges for another", other.ask({"command": "judge", "on": True})["error"])
        self.assertIn("judges for another", other.ask({"command": "judge", "on": False})["error"])
        judge.close()
        # The closing takes its turn in the event loop, ahead of a new connection's requests.
        self.assertTrue(eventually(lambda: Client(self.socket).ask({"command": "judge", "on": False}) == {}))
        load = nicemu("exec", "--socket", self.socket, "--", "nft", "-f", write_temporary(RULES))
        self.assertEqual(load.returncode, 0, load.stderr)
        listed = nicemu("exec", "--socket", self.socket, "--", "nft", "list", "ruleset")
        self.assertIn("10.0.0.1", listed.stdout)

    def test_requests_that_make_no_sense_are_answered_and_do_no_harm(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        values = (None, True, -1, 0, 1 << 62, 0.5, "", "eth0", "x" * 5000, [], {}, [None], [[]], {"file": 1},
                  [{"file": "f", "port": 3}], [{"to": 1}], {"chains": [{"offload": True, "devices": [None, 1, {}]}]},
                  {"chains": [None, {"offload": True}], "rules": [None, {"text": 1}]})
        keys = ("captures", "outputs", "listing", "loop", "filter", "merge", "topic", "on", "reproducible")
        commands = ("replay", "report", "show", "judge", "refusals", "interrupt", "about", "nonsense", 3, None)
        # Answered with nothing, so nobody waits for an answer.
        silent = ("interrupt",)
        client = Client(self.socket)
        with open(os.path.join(PCAPS, "demo.pcap"), "rb") as capture:
            client.ask({"command": "replay", "captures": [{"file": "f"}],
                        "listing": {"chains": [{"offload": True, "devices": [None]}]}}, [capture.fileno()])
            for attempt in range(400):
                request = {key: chance.choice(values) for key in keys if chance.random() < 0.5}
                request["command"] = chance.choice(commands)
                if request["command"] == "show" and chance.random() < 0.8:
                    request["topic"] = chance.choice(("nic", "rules", "counters", "log"))
                if request["command"] in silent:
                    continue
                try:
                    client.ask(request, [capture.fileno()] * chance.choice((0, 1, 2)))
                except (OSError, ValueError) as error:
                    self.fail((seed, attempt, request, error))
        self.assertIn("process", Client(self.socket).ask({"command": "about"}))


if __name__ == "__main__":
    if not shutil.which("nft") and not os.path.exists("/usr/sbin/nft"):
        skip_suite("nft is not installed")
    unittest.main()
