# SPDX-License-Identifier: Apache-2.0
"""What the lints of this folder share: running binutils, and collecting complaints."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from commands import require


def tool(name):
    require(name)
    return shutil.which(name)


def run(name, *arguments):
    """The output of a tool that must succeed."""
    done = subprocess.run([tool(name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class Complaints:
    """Collects what is wrong, so that one run shows all of it."""

    def __init__(self, subject):
        self.subject = subject
        self.lines = []

    def add(self, line):
        self.lines.append(line)

    def expect(self, truth, line):
        if not truth:
            self.add(line)

    def compare(self, name_a, a, name_b, b):
        """Two sets of names that must be the same."""
        for name in sorted(a - b):
            self.add(f"{name} is in {name_a}, not in {name_b}")
        for name in sorted(b - a):
            self.add(f"{name} is in {name_b}, not in {name_a}")

    def finish(self, summary):
        for line in self.lines:
            print(f"{self.subject}: {line}")
        if self.lines:
            sys.exit(1)
        print(f"{self.subject}: {summary}")
