# SPDX-License-Identifier: GPL-2.0-or-later
"""emu/kernel/dkms.conf says what the module's sources and its README say; where dkms is installed it takes the folder."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

KERNEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "emu", "kernel")


def read(name):
    with open(os.path.join(KERNEL, name), encoding="utf-8") as file:
        return file.read()


def said():
    """What a shell makes of dkms.conf, as dkms reads it: {name: value}"""
    names = ("PACKAGE_NAME", "PACKAGE_VERSION", "BUILT_MODULE_NAME[0]", "DEST_MODULE_LOCATION[0]", "MAKE[0]")
    script = ". ./dkms.conf" + "".join("; echo \"${%s}\"" % name for name in names)
    done = subprocess.run(["bash", "-euc", script], cwd=KERNEL, env={**os.environ, "kernel_source_dir": "/headers"},
                          stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


class Dkms(unittest.TestCase):
    def test_name_and_version_are_the_modules(self):
        conf = said()
        self.assertEqual(conf["PACKAGE_VERSION"], re.search(r'#define MODULE_VERSION_TEXT "(.*)"', read("nsim_nft_offload.h")).group(1))
        self.assertEqual("%s.o" % conf["BUILT_MODULE_NAME[0]"], re.search(r"^obj-m := (\S+)$", read("Kbuild"), re.M).group(1))
        self.assertIn("dkms install %(PACKAGE_NAME)s/%(PACKAGE_VERSION)s\n" % conf, read("README.md"))

    def test_it_is_built_for_the_kernel_that_dkms_asks_for(self):
        conf = said()
        self.assertEqual(conf["MAKE[0]"], "make KDIR=/headers modules")
        self.assertRegex(conf["DEST_MODULE_LOCATION[0]"], r"^/(kernel|updates|extra)")
        if not shutil.which("make"):
            self.skipTest("make is not installed")
        done = subprocess.run(conf["MAKE[0]"].split() + ["MAKE=echo"], cwd=KERNEL, stdout=subprocess.PIPE, text=True, check=True)
        self.assertRegex(done.stdout, r"(?m)^-C /headers M=\S+ modules$")

    def test_every_source_that_is_built_lies_in_the_folder(self):
        objects = re.search(r"^nsim_nft_offload-y := (.*)", read("Kbuild").replace("\\\n", " "), re.M).group(1).split()
        self.assertGreater(len(objects), 5)
        for name in objects:
            self.assertRegex(read(name[:-2] + ".c"), r"^// SPDX", name)
        for name in (one for one in os.listdir(KERNEL) if one.endswith((".c", ".h"))):
            for included in re.findall(r'^#include "(.*)"', read(name), re.M):
                self.assertTrue(os.path.exists(os.path.join(KERNEL, included)), "%s: %s" % (name, included))
                self.assertNotIn("..", included, name)

    @unittest.skipUnless(shutil.which("dkms"), "dkms is not installed")
    def test_dkms_takes_the_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            trees = [os.path.join(folder, name) for name in ("tree", "source")]
            for tree in trees:
                os.mkdir(tree)
            done = subprocess.run(["dkms", "add", KERNEL, "--dkmstree", trees[0], "--sourcetree", trees[1]], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertTrue(os.path.exists(os.path.join(trees[1], "nsim_nft_offload-0.1.0", "Kbuild")))


if __name__ == "__main__":
    unittest.main()
