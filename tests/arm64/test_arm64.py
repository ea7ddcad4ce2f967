# SPDX-License-Identifier: GPL-2.0-or-later
"""All of nicemu is built for arm64, and the packet path's unit tests run there, under qemu-user.

The compiler is Debian's cross compiler; the libraries are those of an arm64 Debian that is unpacked,
not installed, in .build/arm64-sysroot. The system's own packages and architectures stay as they are."""
import os
import shutil
import subprocess
import tempfile
import unittest

from nicemu import SOURCE, run, skip_suite

PROGRAMS = ("aarch64-linux-gnu-gcc", "qemu-aarch64", "mmdebstrap", "cmake", "ninja", "pkg-config", "tar")
PACKAGES = ("libc6-dev", "libgcc-12-dev", "libmnl-dev", "libpcap-dev", "libjansson-dev", "libcyaml-dev",
            "libyaml-dev", "libseccomp-dev", "liburcu-dev", "uthash-dev", "libcriterion-dev", "libnftnl-dev",
            "libnftables1")
# What does not run nft or talk to a kernel: qemu-user hands system calls on, and not all of them.
SUITES = ("base", "flow", "packet", "config", "offload", "asic", "tcam", "ports")
# The largest tables are for processors that are not emulated.
FEWER = dict(os.environ, NICEMU_MOST_RULES="400")
BUILD = os.path.join(SOURCE, ".build", "arm64")
SYSROOT = os.path.join(SOURCE, ".build", "arm64-sysroot")


def debian():
    """The name of this Debian's release, None on other systems."""
    with open("/etc/os-release", encoding="utf-8") as file:
        fields = dict(line.strip().split("=", 1) for line in file if "=" in line)
    return fields.get("VERSION_CODENAME") if fields.get("ID") == "debian" else None


def why_not():
    if os.environ.get("NICEMU_CLEAN_MACHINE"):
        return "the machine that is tested is another one (NICEMU_CLEAN_MACHINE)"
    for program in PROGRAMS:
        if not shutil.which(program):
            return "needs " + program
    if not debian():
        return "needs Debian's packages for arm64, and this is not Debian"
    return None


def make_sysroot():
    """Unpack the packages, once; the reason where that can't be done."""
    stamp, wanted = os.path.join(SYSROOT, "packages"), " ".join((debian(),) + PACKAGES)
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return None
    os.makedirs(os.path.dirname(SYSROOT), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(SYSROOT), prefix="sysroot-") as folder:
        tar, tree = os.path.join(folder, "packages.tar"), os.path.join(folder, "tree")
        os.mkdir(tree)
        made = run("mmdebstrap", "--quiet", "--variant=extract", "--architectures=arm64",
                   "--include=" + ",".join(PACKAGES), debian(), tar, timeout=300)
        if made.returncode != 0:
            return "mmdebstrap can't get Debian's packages for arm64: " + (made.stderr.strip() or "?").splitlines()[-1]
        subprocess.run(["tar", "-x", "-f", tar, "-C", tree, "--no-same-owner", "--exclude=./dev"], check=True)
        with open(os.path.join(tree, "packages"), "w", encoding="utf-8") as file:
            file.write(wanted)
        shutil.rmtree(SYSROOT, ignore_errors=True)
        os.rename(tree, SYSROOT)
    return None


class Arm64(unittest.TestCase):
    def succeed(self, *words, **more):
        done = run(*words, **more)
        self.assertEqual(done.returncode, 0, "\n".join((" ".join(words), done.stdout[-6000:], done.stderr[-2000:])))
        return done.stdout

    def test_1_everything_builds_and_no_code_of_the_product_has_a_warning(self):
        shutil.rmtree(BUILD, ignore_errors=True)
        self.succeed("cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DNICEMU_SYSROOT=" + SYSROOT,
                     "-DCMAKE_TOOLCHAIN_FILE=" + os.path.join(SOURCE, "tests", "arm64", "toolchain.cmake"),
                     "-DCMAKE_BUILD_TYPE=Release", "-DNICEMU_TESTS=ON")
        log = self.succeed("cmake", "--build", BUILD, "--", "-j", "2", "emu/all",
                           *("test_" + suite for suite in SUITES), timeout=600)
        ours = [line for line in log.splitlines() if "warning:" in line and os.path.join(SOURCE, "emu") in line]
        self.assertEqual(ours, [])

    def test_2_the_program_is_one_for_arm64_and_runs(self):
        program = os.path.join(BUILD, "emu", "cli", "nicemu")
        with open(program, "rb") as file:
            header = file.read(20)
        self.assertEqual(header[18:20], b"\xb7\x00", "the machine in the ELF header is not AArch64")
        self.assertRegex(self.succeed("qemu-aarch64", "-L", SYSROOT, program, "--version"), r"^nicemu \d")

    def test_3_the_unit_tests_of_the_packet_path_pass(self):
        output = self.succeed("ctest", "--test-dir", BUILD, "--output-on-failure", "-j", "2", "--timeout", "400",
                              "-R", "^(%s)$" % "|".join(SUITES), timeout=900, env=FEWER)
        self.assertIn("100%% tests passed, 0 tests failed out of %d" % len(SUITES), output)


if __name__ == "__main__":
    reason = why_not() or make_sysroot()
    if reason:
        skip_suite(reason)
    unittest.main(failfast=True)
