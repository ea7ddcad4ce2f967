# SPDX-License-Identifier: GPL-2.0-or-later
"""A Python for a guest: this system's interpreter with just the modules that the given ones import.

The programs that ask kernels (tests/system/oracle.py, language_side.py) then run in a guest as they are.
"""
import compileall
import os
import py_compile
import shutil
import subprocess

PYTHON = os.path.realpath("/usr/bin/python3")
LISTING = "import sys; sys.path[:0] = [%r]; import %s; [print(m.__file__) for m in list(sys.modules.values()) " \
          "if getattr(m, '__file__', None)]"


def loaded_files(modules, folder):
    """The files of every module that is loaded after `import modules`."""
    done = subprocess.run([PYTHON, "-I", "-B", "-c", LISTING % (folder, ", ".join(modules))], text=True, check=True,
                          stdout=subprocess.PIPE, timeout=60)
    return done.stdout.split()


def put_python(home, modules, folder):
    """Fills home, the guest's PYTHONHOME; returns the programs that scripts/vm has to put in beside."""
    paths = loaded_files(modules + ["os", "encodings.ascii", "encodings.latin_1"], folder)
    library = next(os.path.dirname(path) for path in paths if path.endswith("/os.py"))
    programs = [PYTHON]
    for path in paths:
        if not path.startswith(library + "/"):
            continue
        if path.endswith(".so"):
            programs.append(path)  # for the libraries that it needs
        place = os.path.join(home, "lib", os.path.basename(library), os.path.relpath(path, library))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(path, place)
    for name in os.listdir(folder):
        if os.path.splitext(name)[0] in modules and name.endswith(".py"):
            shutil.copy(os.path.join(folder, name), home)
    # Compiling takes a guest seconds.
    compileall.compile_dir(home, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return programs
