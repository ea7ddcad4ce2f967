# SPDX-License-Identifier: GPL-2.0-or-later
"""The README's table of models and samples is what nicemu says today."""
import os
import shutil
import unittest

import matrix
from nicemu import skip_suite


class Matrix(unittest.TestCase):
    maxDiff = None

    def test_it_is_not_stale(self):
        self.assertEqual(matrix.parts()[1], matrix.table(), "run scripts/matrix, and commit README.md")

    def test_it_has_every_model_and_sample(self):
        table = matrix.parts()[1]
        for name in matrix.samples():
            self.assertIn("(%s)" % name, table)
        for name in os.listdir(os.path.join(matrix.SOURCE, "netdevsim-config", "models")):
            if name.endswith(".yaml"):
                self.assertIn("| `%s`" % name[:-5], table)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
