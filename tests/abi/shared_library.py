# SPDX-License-Identifier: Apache-2.0
"""The shared library needs libc only, has its soname, runs no code of its own when it is loaded, and leaves an attacker
nothing to write to that would lead somewhere: no executable stack, and no table of addresses that stays writable.

Usage: shared_library.py LIBRARY SONAME CC...
"""

import re
import sys
import tempfile
from pathlib import Path

from toolbox import Complaints, run

LIBC = re.compile(r"libc\.so\.\d+|libc\.musl-\w+\.so\.1|ld-(linux|musl)[\w.-]*")


def dynamic_entries(library, tag):
    return re.findall(rf"\({tag}\)[^\[]*\[([^\]]*)\]", run("readelf", "--wide", "--dynamic", library))


def section_sizes(library):
    """The sections that hold code to run at load time and variables that can change, with their sizes."""
    sections = {}
    for line in run("readelf", "--wide", "--section-headers", library).splitlines():
        found = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)", line)
        if found:
            sections[found.group(1)] = int(found.group(2), 16)
    return sections


def empty_library(compiler, folder):
    """A shared library of nothing: what the C runtime's own start files put into every one."""
    source = folder / "empty.c"
    source.write_text("int dumbo_lint_nothing;\n", encoding="utf-8")
    library = folder / "empty.so"
    run(*compiler, "-shared", "-fPIC", "-o", str(library), str(source))
    return section_sizes(str(library))


def check_hardening(library, complaints):
    segments = run("readelf", "--wide", "--program-headers", library)
    complaints.expect(re.search(r"^ *GNU_RELRO ", segments, re.MULTILINE), "its addresses stay writable: no RELRO")
    stack = re.search(r"^ *GNU_STACK .* ([RWE ]+) 0x", segments, re.MULTILINE)
    complaints.expect(stack and "E" not in stack.group(1), "it asks for an executable stack")
    dynamic = run("readelf", "--wide", "--dynamic", library)
    complaints.expect("BIND_NOW" in dynamic, "its addresses are looked up late, in a table that stays writable")
    complaints.expect("(TEXTREL)" not in dynamic, "it has text relocations")


def main():
    library, soname, *compiler = sys.argv[1:]
    complaints = Complaints("shared library")

    needed = dynamic_entries(library, "NEEDED")
    for name in needed:
        complaints.expect(LIBC.fullmatch(name), f"it needs {name}, which is not libc")
    complaints.expect(needed, "it needs nothing, not even libc: was it linked?")
    complaints.expect(dynamic_entries(library, "SONAME") == [soname], f"its soname is not {soname}")
    for tag in ("RPATH", "RUNPATH"):
        complaints.expect(not dynamic_entries(library, tag), f"it has a {tag}")
    check_hardening(library, complaints)

    with tempfile.TemporaryDirectory() as folder:
        usual = empty_library(compiler, Path(folder))
    ours = section_sizes(library)
    for section in (".preinit_array", ".init_array", ".ctors", ".fini_array", ".dtors"):
        complaints.expect(
            ours.get(section, 0) <= usual.get(section, 0),
            f"{section} has {ours.get(section, 0)} bytes, an empty library {usual.get(section, 0)}: "
            "there are static initializers",
        )
    for section in (".tdata", ".tbss"):
        complaints.expect(section not in ours, f"it has thread-local variables ({section})")
    complaints.finish(f"soname {soname}, needs {' and '.join(needed)}, runs nothing at load time, binds at once")


if __name__ == "__main__":
    main()
