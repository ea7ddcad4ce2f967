# SPDX-License-Identifier: GPL-2.0-or-later
"""Start a guest, copy its script's output to stdout, exit with the script's status; see scripts/vm.

QEMU can't outlive this program, nor this program the one that started it. Three serial ports: the kernel's
console (a file), the script's output, and status and log (a file); with --out a virtio port for an archive."""
import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time

import logcheck

TIMED_OUT, BAD_LOG, LACKING, INTERRUPTED = 124, 70, 4, 130
PR_SET_PDEATHSIG = 1
# Without cmpxchg16b: QEMU 7.2 without hardware support spoils the flags in it, and kernels oops at random.
MACHINE = ["-accel", "tcg", "-M", "pc", "-cpu", "qemu64,-cx16", "-smp", "1", "-nodefaults", "-no-user-config",
           "-display", "none", "-no-reboot"]
# no_timer_check: on a busy host a guest that waits for its first ticks gets none, and panics.
ARGUMENTS = "console=ttyS0 no_timer_check loglevel=5 log_buf_len=4M panic=-1 oops=panic reboot=t mitigations=off nokaslr"


def say(text):
    print(f"vm: {text}", file=sys.stderr)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--work", required=True, help="a folder for logs; removed at the end")
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--append", default="")
    parser.add_argument("--out", help="folder for what the script leaves in /vm/out")
    parser.add_argument("--shell", action="store_true")
    return parser.parse_args()


def command(options):
    stdio = "stdio,id=script,signal=off" if options.shell else "stdio,id=script"
    words = ["qemu-system-x86_64", *MACHINE, "-m", str(options.memory),
             "-serial", f"file:{options.work}/console", "-chardev", stdio, "-serial", "chardev:script",
             "-serial", f"file:{options.work}/control"]
    if options.out:
        words += ["-device", "virtio-serial-pci", "-chardev", f"file,id=out,path={options.work}/out.tar",
                  "-device", "virtserialport,chardev=out,name=out"]
    return words + ["-kernel", options.kernel, "-initrd", options.initrd, "-append", f"{ARGUMENTS} {options.append}"]


def before_exec():
    os.nice(5)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def copy_output(pipe):
    while True:
        data = os.read(pipe.fileno(), 65536)
        if not data:
            return
        try:
            sys.stdout.buffer.write(data.replace(b"\r", b""))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")


def end(qemu):
    if qemu.poll() is None:
        qemu.terminate()
        try:
            qemu.wait(5)
        except subprocess.TimeoutExpired:
            qemu.kill()
            qemu.wait()


def ended(qemu):
    try:
        qemu.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def guest(options):
    """Run it to its end; False when the time was over."""
    parent = os.getppid()
    until = None if options.shell else time.monotonic() + options.timeout
    streams = {} if options.shell else {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with open(f"{options.work}/qemu", "wb") as errors:
        qemu = subprocess.Popen(command(options), preexec_fn=before_exec, stderr=errors, **streams)
    copier = None
    if not options.shell:
        copier = threading.Thread(target=copy_output, args=(qemu.stdout,), daemon=True)
        copier.start()
    try:
        while not ended(qemu):
            if until and time.monotonic() > until:
                return False
            if os.getppid() != parent:
                raise KeyboardInterrupt
    finally:
        end(qemu)
        if copier:
            copier.join(5)
    return True


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def unpack(options):
    os.makedirs(options.out, exist_ok=True)
    try:
        with tarfile.open(f"{options.work}/out.tar") as archive:
            archive.extractall(options.out, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(options.out)
    except (OSError, tarfile.TarError) as error:
        say(f"what the script left in /vm/out did not arrive: {error}")
        return False
    return True


def verdict(options, in_time):
    """The status: the script's, unless the log complains or the guest did not come to its end."""
    console = logcheck.console_lines(read(f"{options.work}/console"))
    control = read(f"{options.work}/control")
    for line in read(f"{options.work}/qemu").splitlines():
        if "terminating on signal" not in line:
            say(line)
    bad = logcheck.complaints(logcheck.record_lines(control)) or logcheck.complaints(console)
    status = next((int(line.split()[1]) for line in control.split("\n") if line.startswith("status ")), None)
    if bad:
        say("the guest's kernel complains:")
        print("\n".join(f"  {line}" for line in bad), file=sys.stderr)
    if not in_time:
        say(f"time-out after {options.timeout:g} s; the end of the kernel's console:")
        print("\n".join(f"  {line}" for line in console[-12:]), file=sys.stderr)
        return TIMED_OUT
    if bad:
        return BAD_LOG
    if status is None:
        say("the guest ended before its script did; the end of the kernel's console:")
        print("\n".join(f"  {line}" for line in console[-30:]), file=sys.stderr)
        return BAD_LOG
    if options.out and not unpack(options):
        return status or BAD_LOG
    return status


def interrupt(_number, _frame):
    raise KeyboardInterrupt


def main():
    options = parse()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        return verdict(options, guest(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except FileNotFoundError as error:
        say(error)
        return LACKING
    finally:
        shutil.rmtree(options.work, ignore_errors=True)


sys.exit(main())
