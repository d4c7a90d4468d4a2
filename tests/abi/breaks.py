# SPDX-License-Identifier: Apache-2.0
"""Shows that the checks of the binary interface notice a change of it, and come to the right verdict. Each case of
break_cases.py edits a copy of the interface, compiles the sources that it concerns, links them with all the others as
they are, and looks who complains. The tree itself is left alone.

Usage: breaks.py BUILD SOURCE SONAME MACHINE DESCRIBED CORE -- CC...   (after BUILD as for description.py)
"""

import concurrent.futures
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import break_cases
import description
import interface
from toolbox import Complaints, tool

HERE = Path(__file__).parent
RECORDS = [f"tests/capi/{name}" for name in ("layout.c", "numbers.c", "support/released_sizes.hpp")]


class Compiled:
    """The objects of the library as it is, and how they were compiled."""

    def __init__(self, build, described):
        self.build = build
        self.commands = {}
        self.objects = {}
        for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
            if Path(entry["output"]).parent == Path(described + ".p"):
                source = f"capi/{Path(entry['file']).name}"
                self.commands[source] = shlex.split(entry["command"])
                self.objects[source] = build / entry["output"]

    def compile_again(self, source, folder):
        """Its copy in that folder, against the header there. Warnings are not the point."""
        compiler, *options = self.commands[source]
        options = options[: options.index("-MD")]  # what follows are names of files
        target = folder / (Path(source).stem + ".o")
        command = [compiler, f"-I{folder}/capi/include", *options, "-w", "-o", target, "-c", folder / source]
        subprocess.run(command, cwd=self.build, check=True)
        return target


class Tree:
    """A copy of the interface, of what is compiled with it, and of what is on record."""

    def __init__(self, library, compiled, folder):
        self.library = replace(library, source=folder)
        self.compiled = compiled
        self.folder = folder
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

        objects = dict(self.compiled.objects)
        for source in {name for name, *_ in case.edits if name.endswith(".cpp")}.union(case.sources):
            objects[source] = self.compiled.compile_again(source, self.folder)
        core = self.library.archives[-1]
        self.library = replace(self.library, archives=[*map(str, objects.values()), core])

    def described(self):
        self.library.link(self.linked)
        return self.library.describe(self.linked)

    def complaints(self):
        """Who complains beside the description."""
        header, version_script = self.folder / break_cases.HEADER, self.folder / break_cases.MAP
        layout, numbers, sizes = (self.folder / name for name in RECORDS)
        includes = [f"-I{folder}/capi/include" for folder in (self.folder, self.compiled.build)]
        syntax = [*self.library.compiler, "-fsyntax-only", *includes]
        checks = {
            "layout.c": [*syntax, layout],
            "numbers.c": [*syntax, numbers],
            "recorded": [sys.executable, HERE / "recorded.py", header, layout, numbers, sizes],
            "symbols": [sys.executable, HERE / "symbols.py", self.linked, version_script, header],
        }
        return {name for name, command in checks.items() if is_failing(command)}


def is_failing(command):
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def failure_of(case, library, compiled):
    """None if the case was noticed as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(library, compiled, Path(folder))
        tree.make(case)
        found = description.changes(library.record.read_text(encoding="utf-8"), tree.described())
        noticed = tree.complaints()
    verdict = interface.verdict(found) or break_cases.SAME
    words = "\n".join(map(str, found))
    if verdict == case.verdict and noticed == set(case.noticed) and case.words in words:
        return None
    return f"{case.name}: {verdict}, noticed by {sorted(noticed) or 'nobody else'}\n{words}"


def check_renewal(library, compiled, complaints):
    """The record is not written over by what breaks programs; only beside it, for another soversion."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(library, compiled, Path(folder))
        tree.make(break_cases.FUNCTION_IS_GONE)
        former, broken = tree.library.record, tree.described()
        recorded = former.read_text(encoding="utf-8")
        complaints.expect(description.renew(former, broken) == 4, "a record of what breaks programs is not refused")
        complaints.expect(former.read_text(encoding="utf-8") == recorded, "the record was written over")

        tree.library.soname = "libdumbo.so.1"
        record, raised = tree.library.record, tree.described()
        complaints.expect(description.check(record, raised) == 3, "another soversion does not ask for a record")
        complaints.expect(description.renew(record, raised) == 0, "a record of another soversion is refused")
        complaints.expect(description.check(record, raised) == 0, "that record is not what was to be recorded")
        complaints.expect(not former.exists(), "the former soversion is still on record")


def main():
    build, *arguments = sys.argv[1:]
    for name in ("abidw", "abidiff"):
        tool(name)
    library = description.Library.of_arguments(arguments)
    compiled = Compiled(Path(build), library.archives[0])
    complaints = Complaints("breaks")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for failure in pool.map(lambda case: failure_of(case, library, compiled), break_cases.CASES):
            complaints.expect(failure is None, failure)
    with contextlib.redirect_stdout(io.StringIO()):
        check_renewal(library, compiled, complaints)
    complaints.finish(f"{len(break_cases.CASES)} changes, and renewals, come to the right verdict")


if __name__ == "__main__":
    main()
