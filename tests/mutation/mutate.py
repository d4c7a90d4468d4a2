#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks the library in one small place after the other, and tells which of these edits no test notices.

Exits with 1 if one survives that tests/mutation/equivalent.json does not explain, or if fewer than 97 % of those that
it does not explain are noticed.
"""

import argparse
import collections
import json
import pathlib
import queue
import sys
import tempfile
import threading

import edits
import trees

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.json")
SOURCES = ("src/**/*.[ch]pp", "capi/*.[ch]pp", "include/dumbo/**/*.hpp")
SCORE_MIN = 0.97
VERDICTS = ("killed", "equivalent", "survived", "uncompiled")


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many edits (200)")
    parser.add_argument("--seed", default="1", help="which ones")
    parser.add_argument("--file", action="append", default=[], help="only of files whose name begins like this")
    parser.add_argument("--id", action="append", default=[], help="this one: its id, or the 8 digits that --list shows")
    parser.add_argument("--list", action="store_true", help="show which ones it would be, and do nothing")
    parser.add_argument("--jobs", type=int, default=2, help="edits at a time, each in a tree of its own (2)")
    parser.add_argument("--trees", help="folder for the trees, which are kept and used again")
    return parser.parse_args(words)


def all_edits(source, prefixes):
    """By file."""
    paths = [path for pattern in SOURCES for path in sorted(source.glob(pattern))]
    names = [str(path.relative_to(source)) for path in paths]
    return {name: edits.edits_of(name, (source / name).read_text(encoding="utf-8")) for name in names
            if not prefixes or name.startswith(tuple(prefixes))}


def explanations():
    """Why edits change no behaviour, by id."""
    return json.loads(EQUIVALENT.read_text(encoding="utf-8"))


def chosen_edits(options):
    by_file = all_edits(SOURCE, options.file)
    if not options.id:
        return edits.sample(by_file, options.count, options.seed)
    return [edit for found in by_file.values() for edit in found if {edit.id, edit.short_id} & set(options.id)]


def try_all(chosen, prepared, explained, report):
    """A verdict for each edit, one file after the other: what is built for one edit serves the next."""
    waiting = queue.SimpleQueue()
    for edit in chosen:
        waiting.put(edit)
    verdicts = {}

    def work(tree):
        while True:
            try:
                edit = waiting.get_nowait()
            except queue.Empty:
                return
            verdict, by = tree.verdict_on(edit)
            if verdict == "survived" and edit.id in explained:
                verdict, by = "equivalent", explained[edit.id]
            verdicts[edit] = verdict
            report(edit, verdict, by)

    threads = [threading.Thread(target=work, args=(tree,)) for tree in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdicts


def table(verdicts):
    counts = collections.defaultdict(collections.Counter)
    for edit, verdict in verdicts.items():
        for row in (edit.file, "all"):
            counts[row][verdict] += 1
    rows = sorted(name for name in counts if name != "all") + ["all"]
    lines = ["| file | edits | killed | equivalent | survived | uncompiled |", "|---|---|---|---|---|---|"]
    for name in rows:
        cells = [sum(counts[name].values()), *(counts[name][verdict] for verdict in VERDICTS)]
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return lines


def main(words):
    options = parse(words)
    chosen = chosen_edits(options)
    if options.list:
        for edit in chosen:
            print(edit.short_id, edit.id)
        return 0
    explained = explanations()
    with tempfile.TemporaryDirectory() as folder:
        prepared = trees.prepare(SOURCE, options.trees or folder, options.jobs)
        verdicts = try_all(chosen, prepared, explained,
                           lambda edit, verdict, by: print(f"{verdict} {edit.short_id} {edit.id} [{by}]", flush=True))
    code = conclude(verdicts)
    if len(verdicts) < len(chosen):
        print(f"{len(chosen) - len(verdicts)} edits have no verdict: a tree failed.")
        return 1
    return code


def conclude(verdicts):
    print(*table(verdicts), sep="\n")
    counts = collections.Counter(verdicts.values())
    noticeable = counts["killed"] + counts["survived"]
    if noticeable == 0:
        print("Nothing was tried.")
        return 1
    score = counts["killed"] / noticeable
    print(f"score {score:.1%}")
    return 1 if counts["survived"] > 0 or score < SCORE_MIN else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
