#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of the library the tests have reached, by what clang counts in the source: coverage.py SOURCE_ROOT BUILD_ROOT
PROGRAM...

Lines and branches of src, capi and include have to reach what is asked for, and what no test reaches has to stand in
not_reached.json, with the reason. A branch is one side of one condition: a || b has four. A header's function that
several programs contain counts as reached where any of them has reached it.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
LEAST = {"lines": 98.0, "branches": 92.0}
FOLDERS = ("capi", "include", "src")
EXPLAINED = pathlib.Path(__file__).with_name("not_reached.json")
# What has no other side: a switch over an enum, for which clang counts the values outside of the enum; constants; and
# comparisons that are defaulted.
ONE_SIDED = re.compile(r"switch \(|.*\bconstexpr\b|friend bool operator==.* = default;")
# Of a segment in what llvm-cov exports: line, column, count, has a count, begins a region, is a gap.
LINE, COUNT, HAS_COUNT, IS_ENTRY, IS_GAP = 0, 2, 3, 4, 5


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def exported(build_root, programs):
    """What llvm-cov knows of each source file of the library."""
    profiles = sorted((build_root / "profiles").glob("*.profraw"))
    if not profiles:
        sys.exit("no program has left a profile: tests/run has the tests run first, and tells them where to leave it")
    for tool in ("llvm-profdata", "llvm-cov"):
        if shutil.which(tool) is None:
            skip(f"there is no {tool} on this machine")
    merged = build_root / "profiles" / "merged.profdata"
    run("llvm-profdata", "merge", "-sparse", *profiles, "-o", merged)
    objects = [word for program in programs for word in ("-object", program)][1:]
    return json.loads(run("llvm-cov", "export", "-instr-profile", merged, *objects))["data"][0]["files"]


def branches_of(file):
    """Place -> how often the condition there was true and false, in all copies of the function together."""
    counts = {}
    for first_line, first_column, last_line, last_column, taken, not_taken, *_ in file["branches"]:
        place = (first_line, first_column, last_line, last_column)
        before = counts.get(place, (0, 0))
        counts[place] = (before[0] + taken, before[1] + not_taken)
    return counts


def lines_not_reached(file):
    """Where code begins that was never reached, and where one side of a condition was never taken. (A condition that was
    not evaluated at all stands in such code, or is a constant.)"""
    code = {segment[LINE] for segment in file["segments"]
            if segment[HAS_COUNT] and segment[IS_ENTRY] and not segment[IS_GAP] and segment[COUNT] == 0}
    sides = {place[0] for place, (taken, not_taken) in branches_of(file).items() if (taken == 0) != (not_taken == 0)}
    return code | sides


class Tally:
    def __init__(self):
        self.numbers = {"lines": [0, 0], "branches": [0, 0]}

    def add(self, summary):
        for kind, numbers in self.numbers.items():
            numbers[0] += summary[kind]["covered"]
            numbers[1] += summary[kind]["count"]

    def percent(self, kind):
        covered, count = self.numbers[kind]
        return 100.0 * covered / count if count else 0.0

    def text(self):
        return ", ".join(f"{self.percent(kind):.2f} % of {self.numbers[kind][1]} {kind}" for kind in self.numbers)


def explanations():
    """(File, text of a line) for all that is known not to be reached."""
    known = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    return {(name, line) for name, reasons in known.items() for lines in reasons.values() for line in lines}


def main(source_root, build_root, *programs):
    source_root, build_root = pathlib.Path(source_root), pathlib.Path(build_root)
    tallies = {folder: Tally() for folder in FOLDERS}
    not_explained = []
    not_in_source = explanations()
    known = explanations()
    for file in exported(build_root, programs):
        name = os.path.relpath(os.path.normpath(file["filename"]), source_root)
        folder = name.split(os.sep)[0]
        if folder not in tallies:
            continue
        tallies[folder].add(file["summary"])
        text = [line.strip() for line in (source_root / name).read_text(encoding="utf-8").splitlines()]
        not_in_source -= {(name, line) for line in text}
        not_explained += [f"{name}:{line}: {text[line - 1]}" for line in sorted(lines_not_reached(file))
                          if (name, text[line - 1]) not in known and not ONE_SIDED.match(text[line - 1])]

    library = Tally()
    for folder, tally in tallies.items():
        print(f"{folder}: {tally.text()}")
        library.numbers = {kind: [a + b for a, b in zip(numbers, tally.numbers[kind])]
                           for kind, numbers in library.numbers.items()}
    print(f"coverage: {library.text()}")
    for place in not_explained:
        print(f"not reached, or one side of it, and not explained: {place}")
    for name, line in sorted(not_in_source):
        print(f"explained, but not in {name}: {line}")
    is_enough = all(library.percent(kind) >= least for kind, least in LEAST.items())
    return 0 if is_enough and not not_explained and not not_in_source else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
