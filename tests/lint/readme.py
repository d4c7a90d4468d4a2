#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every line of the README's list of what is not supported has a test of its name, and the other way round."""

import pathlib
import re
import sys


def main(readme, tests):
    section = pathlib.Path(readme).read_text().split("## What it is not", 1)[1].split("\n## ", 1)[0]
    promised = set(re.findall(r"^- \*\*(.+?)\.\*\*", section, re.MULTILINE))
    tested = set(re.findall(r'TEST_CASE\("README: (.+?)"', pathlib.Path(tests).read_text()))
    for name in sorted(promised - tested):
        print(f"in the README without a test: {name}")
    for name in sorted(tested - promised):
        print(f"tested, but not in the README: {name}")
    print(f"{len(promised & tested)} lines have their test")
    return 0 if promised == tested and promised else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
