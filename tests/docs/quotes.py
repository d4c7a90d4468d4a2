#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C block of docs/*.md is quoted from a program that is compiled and run.

Usage: quotes.py DOCS [--write]

Above each block stands where it is from, <!-- guide/stack.c: create -->: what lies between the lines /* [create] */ and
/* [/create] */ of that file. With --write the blocks are renewed from the programs.
"""

import pathlib
import re
import sys

REGION = re.compile(r"^/\* \[(\w+)\] \*/\n(.*?)^/\* \[/\1\] \*/$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"(?:^<!-- ([\w/]+\.c): (\w+) -->\n)?^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(docs, *options):
    docs = pathlib.Path(docs)
    programs = [path for path in sorted(docs.glob("guide/*.c")) if path.name != "guest.c"]
    regions = {(f"guide/{path.name}", name): text for path in programs for name, text in REGION.findall(path.read_text())}
    quoted, complaints = set(), []

    for page in sorted(docs.glob("*.md")):
        def renewed(match):
            place = match.group(1), match.group(2)
            if place not in regions:
                complaints.append(f"{page.name}: a block is from {place}, which does not exist:\n{match.group(3)[:80]}")
                return match.group()
            quoted.add(place)
            if match.group(3) != regions[place] and "--write" not in options:
                complaints.append(f"{page.name}: the block from {place} differs from the program: renew it by --write")
            return f"<!-- {place[0]}: {place[1]} -->\n```c\n{regions[place]}```"

        text = page.read_text()
        renewed_text = BLOCK.sub(renewed, text)
        if "--write" in options and renewed_text != text:
            page.write_text(renewed_text)

    complaints += [f"no page quotes {place}" for place in sorted(set(regions) - quoted)]
    print("\n".join(complaints))
    print(f"{len(quoted)} blocks are quoted from {len(programs)} programs")
    return 1 if complaints or not quoted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
