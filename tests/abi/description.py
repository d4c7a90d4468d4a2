# SPDX-License-Identifier: Apache-2.0
"""The binary interface is the one on record: capi/abi has abidw's description of it, for one kind of machine.

    description.py check|renew|renew-unreleased SOURCE SONAME MACHINE CORE -- CXX FLAG...
    description.py compare RECORDED BUILT

`check` ends with 0 if nothing has changed, with 3 if programs that are built with the interface on record run with this
one, and with 4 if they do not. `renew` writes the record, but not over one that such programs need: that takes another
soversion, unless no release had what changed (`renew-unreleased`). `compare` tells the same of two records.

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

import header
import interface
from toolbox import run, tool

EXIT_CODES = {None: 0, interface.COMPATIBLE: 3, interface.INCOMPATIBLE: 4}
ADVICE = {
    interface.COMPATIBLE: "To record it: meson compile -C BUILD renew-abi-description (docs/abi.md).",
    interface.INCOMPATIBLE: "Programs would break. Undo it, or raise soversion in meson.build (docs/abi.md).",
}


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
        """The file that describes a library of this soname on this kind of machine."""
        return self.source / f"capi/abi/{self.soname}-{self.machine}.abi"

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
        """What of the linked library its header declares. Where the sources lay does not matter."""
        text = run(
            "abidw", "--headers-dir", str(self.header.parent), "--drop-private-types",
            "--exported-interfaces-only", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
            "--no-parameter-names", "--no-elf-needed", "--type-id-style", "hash", str(path),
        )
        if lacking := header.read(self.header).structs.keys() - interface.read(text).structs.keys():
            sys.exit(f"the library's debug information lacks {', '.join(sorted(lacking))}")
        return re.sub(r"path='[^']*?(capi/\w+\.cpp)'", r"path='\1'", text)

    def description(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, self.soname)
            self.link(self.compile(self.sources(), Path(folder)), path)
            return self.describe(path)


def changes(recorded, built):
    """What we have rules for, and abidiff's opinion if there is nothing of that."""
    found = interface.changes(interface.read(recorded), interface.read(built))
    return found or unexplained(recorded, built)


def unexplained(recorded, built):
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("recorded.abi", "built.abi")]
        for path, text in zip(files, (recorded, built)):
            path.write_text(text, encoding="utf-8")
        done = subprocess.run(["abidiff", *files], capture_output=True, text=True, check=False)
    return [interface.Change(interface.INCOMPATIBLE, f"abidiff says:\n{done.stdout}")] if done.returncode else []


def report(found):
    for change in found:
        print(change)
    verdict = interface.verdict(found)
    print(ADVICE.get(verdict, "The binary interface is the one on record."))
    return EXIT_CODES[verdict]


def check(record, built):
    if not record.exists():
        print(f"There is no record {record}. {ADVICE[interface.COMPATIBLE]}")
        return EXIT_CODES[interface.COMPATIBLE]
    return report(changes(record.read_text(encoding="utf-8"), built))


def renew(record, built, unreleased=False):
    if record.exists() and not unreleased and (code := check(record, built)) == EXIT_CODES[interface.INCOMPATIBLE]:
        print("The record stays. If no release had what has changed: renew-unreleased-abi-description.")
        return code
    for former in record.parent.glob("*-" + record.name.rpartition("-")[2]):
        former.unlink()
    record.write_text(built, encoding="utf-8")
    print(f"{record} is written.")
    return 0


def main():
    for name in ("abidw", "abidiff"):
        tool(name)
    action, *arguments = sys.argv[1:]
    if action == "compare":
        return report(changes(*(Path(path).read_text(encoding="utf-8") for path in arguments)))

    library = Library.of_arguments(arguments)
    built = library.description()
    if action == "check":
        return check(library.record, built)
    return renew(library.record, built, action == "renew-unreleased")


if __name__ == "__main__":
    sys.exit(main())
