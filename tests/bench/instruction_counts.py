#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of the five hottest calls with valgrind, and compares them with those that the project has on
record: instruction_counts.py BENCH BASELINE --compiler ID --version VERSION --cpu FAMILY [--update]

Fails when one of them has grown by more than 3 %. Exits with 77 where there is nothing to compare with: no valgrind, or
no record for this compiler, this processor family and this way to compute checksums.

What counts is what the processor does inside of libdumbo.so, and nothing in the C library, whose memcpy is another one
on each processor. Each case runs so many times and twice as many times: the difference is free of all that happens once."""

import argparse
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
TOLERANCE = 0.03
LIBRARY = "libdumbo.so"
# A multiple of what the cases do in rounds: 128 ACKs, 44 segments.
ITERATIONS = 1408
CASES = (
    "receive a pure ACK, C ABI",
    "receive 1460 B, verified, C ABI",
    "make an ACK due and write it, no checksum, C ABI",
    "write 1460 B, full checksum, C ABI",
    "write 1460 B, no checksum, C ABI",
)


def read_profile(text):
    """What callgrind has written, its names spelled out: the library's own instructions, by function and file."""
    instructions = collections.Counter()
    function = file = ""
    is_ours = False
    is_call = False
    for line in text.splitlines():
        if line.startswith("ob="):
            is_ours = pathlib.PurePath(line[3:]).name.startswith(LIBRARY)
        elif line.startswith("fn="):
            function = line[3:]
        elif line.startswith(("fl=", "fi=", "fe=")):
            file = pathlib.PurePath(line[3:]).name
        elif line.startswith("calls="):
            is_call = True  # the next line has what was spent in the function that is called
        elif re.match(r"[0-9+*-]", line):
            if is_ours and not is_call:
                instructions[function, file] += int(line.split()[1])
            is_call = False
    return instructions


def run_callgrind(bench, case, iterations):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
                   "--compress-pos=no", str(bench), "--once", case, "--iterations", str(iterations)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"instruction_counts: valgrind failed for '{case}':\n{result.stderr}")
        profile = read_profile(out.read_text())
    if not profile:
        sys.exit(f"instruction_counts: '{case}' ran nothing of {LIBRARY}")
    return profile


def kernel_of(places):
    """How checksums are computed, which the library decides when it runs: by the vectors that the names of functions and
    files speak of."""
    names = {name.lower().replace("_", "") for place in places for name in place}
    for kernel in ("avx512", "avx2", "vector16"):
        if any(kernel in name for name in names):
            return kernel
    return "portable"


def measure(bench):
    """Instructions per call by case, and the kernel."""
    counts = {}
    places = set()
    for case in CASES:
        once = run_callgrind(bench, case, ITERATIONS)
        each = run_callgrind(bench, case, 2 * ITERATIONS)
        each.subtract(once)
        counts[case] = round(sum(each.values()) / ITERATIONS, 2)
        if counts[case] <= 0:
            sys.exit(f"instruction_counts: '{case}' takes no instructions of {LIBRARY}")
        places |= {place for place, count in each.items() if count > 0}
    return counts, kernel_of(places)


def compare(counts, recorded):
    """A line for each case, and whether none has grown too much."""
    lines = []
    is_good = True
    for case, count in counts.items():
        before = recorded.get(case)
        if before is None:
            lines.append(f"FAILED {case}: {count} instructions, and none on record: --update")
            is_good = False
            continue
        text = f"{case}: {before} on record, {count} now, {count / before - 1:+.1%}"
        if count > before * (1 + TOLERANCE):
            lines.append(f"FAILED {text}: more than {TOLERANCE:.0%} more")
            is_good = False
        elif count < before * (1 - TOLERANCE):
            lines.append(f"BETTER {text}: record it with --update")
        else:
            lines.append(f"ok     {text}")
    return lines, is_good


def key_of(arguments, kernel):
    """What counts are on record for."""
    return f"{arguments.compiler}-{arguments.version.split('.')[0]} {arguments.cpu} {kernel}"


def arguments_of(words):
    parser = argparse.ArgumentParser(description="Counts instructions, and compares them with those on record.")
    parser.add_argument("bench", type=pathlib.Path)
    parser.add_argument("baseline", type=pathlib.Path)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--cpu", required=True)
    parser.add_argument("--update", action="store_true", help="record what was counted")
    return parser.parse_args(words)


def main(words, measure_calls=measure, has_valgrind=shutil.which("valgrind") is not None):
    arguments = arguments_of(words)
    if not has_valgrind:
        print("SKIPPED: valgrind is not installed")
        return SKIPPED
    records = json.loads(arguments.baseline.read_text()) if arguments.baseline.exists() else {}
    counts, kernel = measure_calls(arguments.bench)
    key = key_of(arguments, kernel)
    if arguments.update:
        records[key] = counts
        arguments.baseline.write_text(json.dumps(dict(sorted(records.items())), indent=2) + "\n")
        print(f"recorded for {key}")
        return 0
    if key not in records:
        print(f"SKIPPED: not comparable: nothing is on record for {key}, only for: {', '.join(records) or 'nothing'}")
        return SKIPPED
    lines, is_good = compare(counts, records[key])
    print(f"instructions inside of {LIBRARY} per call, {key}", *lines, sep="\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
