#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts with valgrind how many instructions single calls take on the worst inputs, and checks that nothing but what may
do so makes them take more: worst_case.py WORK BASELINE --compiler ID --version VERSION --cpu FAMILY [--update]
[--thorough] [--segment FILE]

What counts is what the processor does inside of libdumbo.so, as in tests/bench/instruction_counts.py. Each measurement
has a name of the form "family / group / case":

    receive, write, open   the worst of each family is at most 10 % above that on record
    same                   within a group all counts are equal
    line                   the case is a number, and the counts grow with it no faster than in proportion
    stack                  group / number of connections / sample: the worst is at most 10 % above that on record, and
                           with more connections there is a logarithm's worth more at most
    all                    group / number of connections: at most proportional to n log n

The bounds on record are for one compiler, processor family and way to compute checksums; without a record for these,
everything else is still checked, and then the exit code is 77."""

import argparse
import collections
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "bench"))
import instruction_counts  # noqa: E402

SKIPPED = 77
TRIGGER = "desc: Trigger: Client Request: "
TOLERANCE = 0.10
# Of a comparison and an exchange in the heap of deadlines, for each time that the number of connections doubles; and of
# one more slot in a chain of the table of connections, of which a number depends on its luck.
PER_DOUBLING = 90
# Instructions that a call may take more for a byte: the portable sum takes less than one.
PER_BYTE = 1.0
PER_PIECE = 100
# What the kernels need to begin and end with long payloads.
PER_KERNEL = 400


def run_callgrind(work, arguments):
    """What read_parts() says of what callgrind writes."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
                   "--compress-pos=no", "--combine-dumps=yes", str(work), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, check=False,
                                env={**os.environ, "LD_BIND_NOW": "1"})
        if result.returncode != 0:
            sys.exit(f"worst_case: valgrind failed:\n{result.stderr}")
        with out.open() as file:
            return read_parts(file)


def parts_of(lines):
    part = []
    for line in lines:
        if line.startswith("part: "):
            yield part
            part = []
        part.append(line)
    yield part


def read_parts(lines):
    """The instructions of each measurement by its name, and which kernel ran. The lines are far too many for one string."""
    counts = {}
    places = set()
    for part in parts_of(lines):
        name = next((line.removeprefix(TRIGGER).rstrip("\n") for line in part if line.startswith(TRIGGER)), None)
        if name is None:
            continue
        if name in counts:
            sys.exit(f"worst_case: two measurements of one name: {name}")
        profile = instruction_counts.read_profile("".join(part))
        counts[name] = sum(profile.values())
        places |= set(profile)
    return counts, instruction_counts.kernel_of(places)


def grouped(counts, family):
    """The last parts of the names and the counts, by group."""
    groups = collections.defaultdict(list)
    for name, count in counts.items():
        parts = name.split(" / ")
        if parts[0] == family:
            groups[parts[1]].append((parts[2:], count))
    return groups


def worst(counts, family):
    return max(((count, name) for name, count in counts.items() if name.startswith(family + " / ")), default=(0, ""))


def check_same(counts):
    for group, cases in grouped(counts, "same").items():
        numbers = {count for _, count in cases}
        yield len(numbers) == 1, f"{group}: {'equal' if len(numbers) == 1 else cases}, {max(numbers)} instructions"


def check_lines(counts):
    for group, cases in grouped(counts, "line").items():
        points = sorted((int(case[0]), count) for case, count in cases)
        slope_max = PER_PIECE if "pieces" in group else PER_BYTE
        (first, least), (last, most) = points[0], points[-1]
        slope = (most - least) / (last - first)
        # In proportion: no point lies far above the line through the ends. A kernel has rests of its vectors.
        is_straight = all(count <= least + slope * (number - first) + PER_KERNEL for number, count in points)
        yield (slope <= slope_max and is_straight,
               f"{group}: {slope:.2f} instructions each, from {least} on{'' if is_straight else f': {points}'}")


def check_stacks(counts):
    for group, cases in grouped(counts, "stack").items():
        by_size = collections.defaultdict(int)
        for (size, _), count in cases:
            by_size[int(size)] = max(by_size[int(size)], count)
        smallest = min(by_size)
        is_good = all(count <= by_size[smallest] + PER_DOUBLING * math.log2(size / smallest)
                      for size, count in by_size.items())
        yield is_good, f"stack, {group}: " + ", ".join(f"{count} with {size}" for size, count in sorted(by_size.items()))
    for group, cases in grouped(counts, "all").items():
        numbers = {int(size): count for (size,), count in cases}
        is_good = all(count <= 2000 + size * (500 + PER_DOUBLING * math.log2(size)) for size, count in numbers.items())
        yield is_good, f"stack, {group}: " + ", ".join(f"{count} with {size}" for size, count in sorted(numbers.items()))


def bounds_of(counts):
    """The worst of each family, and of each call on a stack."""
    bounds = {family: worst(counts, family) for family in ("receive", "write", "open")}
    for group in grouped(counts, "stack"):
        bounds[f"stack / {group}"] = worst(counts, f"stack / {group}")
    return bounds


def check_bounds(bounds, recorded):
    for family, (count, name) in bounds.items():
        before = recorded.get(family, 0)
        yield count <= before * (1 + TOLERANCE), f"{family}: {count} instructions, {before} on record: {name}"


def report(checks):
    is_good = True
    for holds, text in checks:
        print("ok    " if holds else "FAILED", text)
        is_good = is_good and holds
    return is_good


def arguments_of(words):
    parser = argparse.ArgumentParser(description="Counts the instructions of the worst calls.")
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--cpu", required=True)
    parser.add_argument("--update", action="store_true", help="record what was counted")
    parser.add_argument("--thorough", action="store_true", help="look at many more inputs, for minutes")
    parser.add_argument("--segment", type=pathlib.Path, help="only receive this segment, in every state")
    return parser.parse_args(words)


def main(words):
    arguments = arguments_of(words)
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is not installed")
        return SKIPPED
    records = json.loads(arguments.baseline.read_text()) if arguments.baseline.exists() else {}
    chosen = ["--thorough"] if arguments.thorough else []
    if arguments.segment:
        chosen = ["--segment", str(arguments.segment)]
    counts, kernel = run_callgrind(arguments.work, chosen)
    key = instruction_counts.key_of(arguments, kernel)
    print(f"instructions inside of {instruction_counts.LIBRARY}, {len(counts)} calls, {key}")
    recorded = records.get(key)
    if arguments.segment:
        count, name = worst(counts, "receive")
        print(f"{count} at most, {(recorded or {}).get('receive')} on record: {name}")
        return 0
    is_good = report([*check_same(counts), *check_lines(counts), *check_stacks(counts)])
    bounds = bounds_of(counts)
    if arguments.update:
        records[key] = {family: count for family, (count, _) in bounds.items()}
        arguments.baseline.write_text(json.dumps(dict(sorted(records.items())), indent=2) + "\n")
        print(f"recorded for {key}")
        return 0 if is_good else 1
    if recorded is None:
        print(*(f"       {family}: {count} instructions: {name}" for family, (count, name) in bounds.items()), sep="\n")
        print(f"{'SKIPPED' if is_good else 'FAILED'}: no bounds are on record for {key}")
        return SKIPPED if is_good else 1
    return 0 if report(check_bounds(bounds, recorded)) and is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
