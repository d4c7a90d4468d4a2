#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file says its license in one of its first lines, but for those that cannot, or that nobody wrote: spdx.py SOURCE_ROOT"""

import pathlib
import sys

from lint import project_files

LINE = "SPDX-License-Identifier: Apache-2.0"
FIRST_LINES = 5
# Prose is read without such a line, JSON has no comments, and records of the binary interface are what a program wrote.
SUFFIXES_WITHOUT = {".abi", ".json", ".md", ".numbers"}
NAMES_WITHOUT = {"LICENSE", "Cargo.lock"}
# What programs recorded, or found.
FOLDERS_WITHOUT = {"corpus", "kept", "regressions", "vectors"}


def has_none(name):
    # debian/copyright speaks for its folder.
    return (
        name.suffix in SUFFIXES_WITHOUT
        or name.name in NAMES_WITHOUT
        or name.parts[0] == "debian"
        or not FOLDERS_WITHOUT.isdisjoint(name.parts)
    )


def says_its_license(path):
    with path.open(encoding="utf-8", errors="replace") as file:
        return any(LINE in line for line, _ in zip(file, range(FIRST_LINES)))


def main(source_root):
    source_root = pathlib.Path(source_root)
    names = sorted(path.relative_to(source_root) for path in project_files(source_root))
    names = [name for name in names if not has_none(name)]
    silent = [name for name in names if not says_its_license(source_root / name)]
    for name in silent:
        print(f"{name}: the first {FIRST_LINES} lines do not say '{LINE}'")
    print(f"{len(names) - len(silent)} of {len(names)} files say their license")
    return 1 if silent or not names else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
