#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in Meson's test logs, by configuration and suite, says what the coverage is, what was skipped and why,
and what did not pass. Fails unless something ran and nothing failed. With DUMBO_REQUIRE_ALL in the environment, a test that was
skipped because a tool is missing has failed."""

import collections
import json
import os
import pathlib
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}
Result = collections.namedtuple("Result", "configuration suite name result output")


def results_in(log):
    """One result a test. A configuration that did not build has no log: that is a failure of its own."""
    path = pathlib.Path(log)
    configuration = path.parent.parent.name
    if not path.exists():
        return [Result(configuration, "build", "build", "FAIL", "")]
    results = []
    for entry in map(json.loads, path.read_text().splitlines()):
        # Where all tests are of one suite, Meson does not name it.
        suite, _, name = entry["name"].rpartition(" / ")
        results.append(Result(configuration, suite.rpartition(":")[2] or configuration, name, entry["result"], entry.get("stdout", "")))
    return results


def lines_with(results, beginning):
    return [line for result in results for line in result.output.splitlines() if line.startswith(beginning)]


def why_skipped(result):
    return " ".join(line.removeprefix("SKIPPED:").strip() for line in lines_with([result], "SKIPPED"))


def lacks_a_tool(result):
    return result.result in SKIPPED and re.match(r"there is no |.* is not installed", why_skipped(result))


def print_suites(results):
    configurations = {}
    for result in results:
        suites = configurations.setdefault(result.configuration, collections.Counter())
        suites[result.suite] += result.result in PASSED
    for configuration, suites in configurations.items():
        print(f"{configuration}: " + ", ".join(f"{suite} {passed}" for suite, passed in suites.items()))


def main(logs):
    results = [result for log in logs for result in results_in(log)]
    failed = [result for result in results if result.result not in PASSED | SKIPPED]
    if "DUMBO_REQUIRE_ALL" in os.environ:
        failed += filter(lacks_a_tool, results)
    skipped = [result for result in results if result.result in SKIPPED and result not in failed]
    print_suites(results)
    for line in lines_with(results, "coverage: "):
        print(line)
    for result in skipped:
        print(f"SKIPPED {result.configuration}: {result.name} ({why_skipped(result) or 'it does not say why'})")
    for result in failed:
        print(" ".join(["FAILED", f"{result.configuration}:", result.suite, "/", result.name, why_skipped(result)]).rstrip())
    passed = len(results) - len(skipped) - len(failed)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
