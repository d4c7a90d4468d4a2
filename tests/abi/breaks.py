# SPDX-License-Identifier: Apache-2.0
"""Shows that the checks of the binary interface notice a change of it, and come to the right verdict. Each case of
break_cases.py edits a copy of the interface, compiles the sources that it concerns, links them with all the others as
they are, and looks who complains. The tree itself is left alone.

Usage: breaks.py SOURCE SONAME MACHINE CORE -- CXX FLAG...   (as for description.py)
"""

import concurrent.futures
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import break_cases
import description
import interface
from toolbox import Complaints, tool

HERE = Path(__file__).parent
RECORDS = [f"tests/capi/{name}" for name in ("layout.c", "numbers.c", "support/released_sizes.hpp")]


class Tree:
    """A copy of the interface, of what is compiled with it, and of what is on record."""

    def __init__(self, library, objects, folder):
        self.folder = folder
        self.library = replace(library, source=folder)
        self.objects = objects
        self.linked = folder / "libdumbo.so"
        for name in ("capi", "tests/capi"):
            shutil.copytree(library.source / name, folder / name)

    def make(self, case):
        for name, pattern, becomes in case.edits:
            path = self.folder / name
            text, count = re.subn(pattern, becomes, path.read_text(encoding="utf-8"))
            if count != 1:
                raise ValueError(f"{case.name}: {pattern!r} occurs {count} times in {name}")
            path.write_text(text, encoding="utf-8")
        edited = {Path(name) for name, *_ in case.edits if name.endswith(".cpp")}
        self.library.soname = case.soname or self.library.soname
        concerned = edited.union(map(Path, case.sources))
        self.objects = self.objects | self.library.compile(concerned, self.folder)

    def described(self):
        self.library.link(self.objects, self.linked)
        return self.library.describe(self.linked)

    def complaints(self):
        """Who complains beside the description."""
        header, version_script = self.folder / break_cases.HEADER, self.folder / break_cases.MAP
        layout, numbers, sizes = (self.folder / name for name in RECORDS)
        compiler = takewhile(lambda word: not word.startswith("-"), self.library.compiler)
        includes = [word for word in self.library.compiler if word.startswith("-I")]
        as_c = [*compiler, "-x", "c", "-std=c11", "-fsyntax-only", f"-I{self.folder}/capi/include", *includes]
        checks = {
            "layout.c": [*as_c, layout],
            "numbers.c": [*as_c, numbers],
            "recorded": [sys.executable, HERE / "recorded.py", header, layout, numbers, sizes],
            "symbols": [sys.executable, HERE / "symbols.py", self.linked, version_script, header],
        }
        return {name for name, command in checks.items() if is_failing(command)}


def is_failing(command):
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def failure_of(case, library, objects):
    """None if the case was noticed as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(library, objects, Path(folder))
        tree.make(case)
        found = description.changes(description.Description.read(library.record), tree.described())
        noticed = tree.complaints()
    verdict = interface.verdict(found) or break_cases.SAME
    words = "\n".join(map(str, found))
    if verdict == case.verdict and noticed == set(case.noticed) and case.words in words:
        return None
    return f"{case.name}: {verdict}, noticed by {sorted(noticed) or 'nobody else'}\n{words}"


def check_renewal(library, objects, complaints):
    """The record is not written over by what breaks programs; only beside it, for another soversion."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(library, objects, Path(folder))
        tree.make(break_cases.FUNCTION_IS_GONE)
        former, broken = tree.library.record, tree.described()
        recorded = description.Description.read(former)
        complaints.expect(description.renew(former, broken) == 4, "a record of what breaks programs is not refused")
        complaints.expect(description.Description.read(former) == recorded, "the record was written over")

        tree.library.soname = "libdumbo.so.1"
        record, raised = tree.library.record, tree.described()
        complaints.expect(description.check(record, raised) == 3, "another soversion does not ask for a record")
        complaints.expect(description.renew(record, raised) == 0, "a record of another soversion is refused")
        complaints.expect(description.check(record, raised) == 0, "that record is not what was to be recorded")
        complaints.expect(not description.exists(former), "the former soversion is still on record")


def main():
    for name in ("abidw", "abidiff"):
        tool(name)
    library = description.Library.of_arguments(sys.argv[1:])
    complaints = Complaints("breaks")
    with tempfile.TemporaryDirectory() as folder:
        objects = library.compile(library.sources(), Path(folder))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for failure in pool.map(lambda case: failure_of(case, library, objects), break_cases.CASES):
                complaints.expect(failure is None, failure)
        with contextlib.redirect_stdout(io.StringIO()):
            check_renewal(library, objects, complaints)
    complaints.finish(f"{len(break_cases.CASES)} cases, and renewals, come to the right verdict")


if __name__ == "__main__":
    main()
