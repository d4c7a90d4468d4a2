# SPDX-License-Identifier: Apache-2.0
"""The binary interface is the one on record: capi/abi has abidw's description of it, for one kind of machine, and the
numbers that abidw leaves out.

    description.py check|renew|renew-unreleased SOURCE SONAME MACHINE CORE -- CXX FLAG...
    description.py compare RECORDED BUILT

`check` ends with 0 if nothing has changed, with 3 if programs that are built with the interface on record run with this
one, and with 4 if they do not. `renew` writes the record, but not over one that such programs need: that takes another
soversion, unless no release had what changed (`renew-unreleased`). `compare` tells the same of two records, which are
named without the endings of their files.

capi is compiled once more, as the build's own debug information may know of no types, and linked with the core.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import constants
import header
import interface
from toolbox import run, tool

EXIT_CODES = {None: 0, interface.COMPATIBLE: 3, interface.INCOMPATIBLE: 4}
ADVICE = {
    interface.COMPATIBLE: "To record it: meson compile -C BUILD renew-abi-description (docs/abi.md).",
    interface.INCOMPATIBLE: "Programs would break. Undo it, or raise soversion in meson.build; or if no release had what has "
    "changed: meson compile -C BUILD renew-unreleased-abi-description (docs/abi.md).",
}


@dataclass
class Description:
    types: str  # as abidw writes them, with functions and their symbols
    numbers: str

    @classmethod
    def read(cls, record):
        return cls(*(path.read_text(encoding="utf-8") for path in files_of(record)))

    def write(self, record):
        for path, text in zip(files_of(record), (self.types, self.numbers)):
            path.write_text(text, encoding="utf-8")


def files_of(record):
    return [record.with_name(record.name + ending) for ending in (".abi", ".numbers")]


@dataclass
class Library:
    """What it takes to build one and to describe it."""

    source: Path
    soname: str
    machine: str
    core: str
    compiler: list

    @classmethod
    def of_arguments(cls, arguments):
        split = arguments.index("--")
        source, soname, machine, core = arguments[:split]
        return cls(Path(source), soname, machine, core, arguments[split + 1 :])

    @property
    def header(self):
        return self.source / "capi/include/dumbo/dumbo.h"

    @property
    def record(self):
        """Of a library of this soname on this kind of machine; without the endings of its files."""
        return self.source / f"capi/abi/{self.soname}-{self.machine}"

    def sources(self):
        return sorted(path.relative_to(self.source) for path in self.source.glob("capi/*.cpp"))

    def compile(self, sources, folder):
        """Each source -> its object in that folder."""
        objects = {source: folder / f"{source.stem}.o" for source in sources}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.compile_one, *zip(*objects.items())))
        return objects

    def compile_one(self, source, target):
        run(*self.compiler, f"-I{self.header.parents[1]}", "-o", str(target), "-c", str(self.source / source))

    def link(self, objects, path):
        run(
            *self.compiler, "-shared", "-o", str(path), f"-Wl,-soname,{self.soname}", "-Wl,--no-undefined",
            f"-Wl,--version-script,{self.source}/capi/libdumbo.map", *map(str, objects.values()),
            "-Wl,--whole-archive", self.core, "-Wl,--no-whole-archive",
        )

    def describe(self, path):
        """The linked library."""
        return Description(self.types(path), self.numbers(path.parent))

    def types(self, path):
        """What of the library its header declares. Where the sources lay does not matter."""
        text = run(
            "abidw", "--headers-dir", str(self.header.parent), "--drop-private-types",
            "--exported-interfaces-only", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
            "--no-parameter-names", "--no-elf-needed", "--type-id-style", "hash", str(path),
        )
        if lacking := header.read(self.header).structs.keys() - interface.read(text).structs.keys():
            sys.exit(f"the library's debug information lacks {', '.join(sorted(lacking))}")
        return re.sub(r"path='[^']*?(capi/\w+\.cpp)'", r"path='\1'", text)

    def numbers(self, folder):
        source, program = folder / "print_numbers.cpp", folder / "print_numbers"
        source.write_text(constants.program(header.read(self.header)), encoding="utf-8")
        includes = [f"-I{self.header.parents[1]}", f"-I{self.source}/capi"]
        run(*self.compiler, *includes, "-g0", "-O0", "-o", str(program), str(source))
        return run(str(program))

    def description(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, self.soname)
            self.link(self.compile(self.sources(), Path(folder)), path)
            return self.describe(path)


def changes(recorded, built):
    """What we have rules for, and what abidiff says about the rest, all that breaks programs first."""
    before, after = interface.read(recorded.types), interface.read(built.types)
    found = [
        *interface.changes(before, after),
        *constants.changes(constants.read(recorded.numbers), constants.read(built.numbers)),
    ]
    if interface.verdict(found) != interface.INCOMPATIBLE:
        found += unexplained(recorded.types, built.types, judged=interface.changed_structs(before, after))
    return sorted(found, key=str)


def unexplained(recorded, built, judged):
    """abidiff's complaints, but for the structs that are judged already, and functions that are new."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("recorded.abi", "built.abi", "suppressed")]
        suppressed = "".join(f"[suppress_type]\nname = {struct}\n" for struct in judged)
        for path, text in zip(files, (recorded, built, suppressed)):
            path.write_text(text, encoding="utf-8")
        command = ["abidiff", "--no-added-syms", "--suppressions", files[2], *files[:2]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [interface.Change(interface.INCOMPATIBLE, f"abidiff says:\n{done.stdout}{done.stderr}")]


def report(found):
    for change in found:
        print(change)
    verdict = interface.verdict(found)
    print(ADVICE.get(verdict, "The binary interface is the one on record."))
    return EXIT_CODES[verdict]


def exists(record):
    """If in part only, reading it fails: it is not written over as if there were none."""
    return any(path.exists() for path in files_of(record))


def check(record, built):
    if not exists(record):
        print(f"There is no record {record}. {ADVICE[interface.COMPATIBLE]}")
        return EXIT_CODES[interface.COMPATIBLE]
    return report(changes(Description.read(record), built))


def renew(record, built, unreleased=False):
    if exists(record) and not unreleased and (code := check(record, built)) == EXIT_CODES[interface.INCOMPATIBLE]:
        print("The record stays.")
        return code
    machine = record.name.rpartition("-")[2]
    for former in record.parent.glob(f"*-{machine}.*"):
        former.unlink()
    built.write(record)
    print(f"{record} is written.")
    return 0


def main():
    for name in ("abidw", "abidiff"):
        tool(name)
    action, *arguments = sys.argv[1:]
    if action == "compare":
        return report(changes(*(Description.read(Path(record)) for record in arguments)))

    library = Library.of_arguments(arguments)
    built = library.description()
    if action == "check":
        return check(library.record, built)
    return renew(library.record, built, action == "renew-unreleased")


if __name__ == "__main__":
    sys.exit(main())
