# SPDX-License-Identifier: Apache-2.0
"""The static library can be linked by a C compiler alone: it asks for no C++ runtime. It is complete, keeps no state
that can change, and defines no name but its own. Each object says that it can do with the machine's protection of
control flow, as a process has it only if all of it can.

Usage: static_library.py ARCHIVE HEADER [FEATURE...]
"""

import re
import sys

import header
from toolbox import Complaints, run

RUNTIME = re.compile(r"_Z|__cxa_|__gxx_|_Unwind_|__dynamic_cast|__gcc_personality|__emutls|_ITM_|__once_proxy")
# Variables that can change. Constants with addresses in them (.data.rel.ro) are read-only once loaded.
# One byte of them is allowed: the note of how checksums are computed on this machine.
ALLOWED = [".bss (1 bytes)"]
MUTABLE = re.compile(r"\.(data(?!\.rel\.ro)|bss|tdata|tbss|init_array|ctors|preinit_array)\b")


def symbols(archive, *flags):
    """Name -> the letter that nm gives it."""
    found = {}
    for line in run("nm", "--no-sort", *flags, archive).splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[-2]) == 1:
            found[words[-1]] = words[-2]
    return found


def mutable_sections(archive):
    found = []
    for line in run("readelf", "--wide", "--section-headers", archive).splitlines():
        section = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)", line)
        if section and MUTABLE.match(section.group(1)) and int(section.group(2), 16) > 0:
            found.append(f"{section.group(1)} ({int(section.group(2), 16)} bytes)")
    return found


def objects_without(archive, feature):
    """The objects that do not claim one of x86's features, by their property notes."""
    notes = run("readelf", "--wide", "--notes", archive).split("File: ")[1:]
    return [note.splitlines()[0] for note in notes if not re.search(rf"x86 feature:.*\b{feature}\b", note)]


def main():
    archive, header_path, *features = sys.argv[1:]
    complaints = Complaints("static library")

    defined = symbols(archive, "--defined-only", "--extern-only")
    wanted = set(symbols(archive, "--undefined-only")) - set(defined)
    for name in sorted(wanted):
        complaints.expect(not RUNTIME.match(name), f"it asks for {name}, which is C++ runtime or missing")
    for function in header.read(header_path).functions:
        complaints.expect(function.name in defined, f"{function.name} is missing")
    for name, letter in sorted(defined.items()):
        ours = name.startswith("dumbo_") or re.match(r"_Z\w*5dumbo", name)
        weak = letter in "WVu"  # an inline function of the standard library, as unoptimized builds have them
        complaints.expect(ours or weak, f"it defines {name}, a name that is not ours")
    sections = mutable_sections(archive)
    complaints.expect(
        sections == ALLOWED,
        f"the objects have {', '.join(sections)}: global state, or code that runs before main()",
    )
    for feature in features:
        for name in objects_without(archive, feature):
            complaints.add(f"{name} is not marked for {feature}")
    complaints.finish(f"complete; from elsewhere it asks for {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    main()
