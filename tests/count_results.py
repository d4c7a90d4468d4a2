#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in Meson's test logs, names what did not pass, and fails unless something ran and nothing failed."""

import json
import pathlib
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def results_in(log):
    """One (name, result) a test. A configuration that did not build has no log: that is a failure of its own."""
    path = pathlib.Path(log)
    if not path.exists():
        return [(f"{path.parent.parent.name}: build", "FAIL")]
    name = path.parent.parent.name
    return [(f"{name}: {entry['name']}", entry["result"]) for entry in map(json.loads, path.read_text().splitlines())]


def main(logs):
    results = [result for log in logs for result in results_in(log)]
    skipped = [name for name, result in results if result in SKIPPED]
    failed = [name for name, result in results if result not in PASSED | SKIPPED]
    for name in skipped:
        print(f"SKIPPED {name}")
    for name in failed:
        print(f"FAILED {name}")
    passed = len(results) - len(skipped) - len(failed)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
