#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The edges of docs/diagrams/states.dot are the changes of state that calls lead to: no more and no fewer.

Usage: state_diagram.py STATE_WALK DOT HEADER
"""

import pathlib
import re
import subprocess
import sys

EDGE = re.compile(r'^\s*"([\w-]+)" -> "([\w-]+)" \[call = "(\w+)"', re.MULTILINE)


def main(state_walk, dot, header):
    walked = subprocess.run([state_walk], stdout=subprocess.PIPE, text=True, check=True).stdout
    seen = {tuple(line.split()) for line in walked.splitlines()}
    edges = EDGE.findall(pathlib.Path(dot).read_text(encoding="utf-8"))
    drawn = set(edges)
    states = set(re.findall(r"\bDUMBO_STATE_(\w+) =", pathlib.Path(header).read_text(encoding="utf-8")))
    visited = {state.replace("-", "_") for change in seen for state in change[:2]}

    complaints = [f"not in the diagram: {' '.join(change)}" for change in sorted(seen - drawn)]
    complaints += [f"in the diagram alone: {' '.join(change)}" for change in sorted(drawn - seen)]
    complaints += [f"drawn twice: {' '.join(edge)}" for edge in sorted(drawn) if edges.count(edge) > 1]
    complaints += [f"never reached: {state}" for state in sorted(states - visited)]
    print("\n".join(complaints))
    print(f"{len(drawn)} edges between {len(visited)} states")
    return 1 if complaints or not drawn else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
