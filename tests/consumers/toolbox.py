# SPDX-License-Identifier: Apache-2.0
"""What the consumer tests share: running commands, installing the build, and a table of what came of it."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

SKIPPED = 77  # Meson counts this exit code as a skipped test
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def skip(reason):
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


class Failed(Exception):
    pass


def run(command, cwd=None, **environment):
    """The output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"$ {shlex.join(map(str, command))}\n{done.stdout}(exit status {done.returncode})")
    return done.stdout


class Installation:
    """The build as `meson install` would put it on a system, below a folder of our own."""

    def __init__(self, build, meson, folder):
        self.root = Path(folder) / "root"
        run([*meson, "install", "-C", build, "--no-rebuild", "--quiet"], DESTDIR=str(self.root))
        found = list(self.root.rglob("dumbo.pc"))
        if len(found) != 1:
            raise Failed(f"{len(found)} files dumbo.pc were installed, not one")
        self.pkgconfig = found[0].parent
        self.libraries = self.pkgconfig.parent
        written = self.pc_variable("prefix")
        self.prefix = self.root / written.lstrip("/")

    def pc_variable(self, name):
        for line in (self.pkgconfig / "dumbo.pc").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key == name:
                return value
        raise Failed(f"dumbo.pc has no {name}")

    def flags(self, *options):
        """What pkg-config says, with the prefix moved to where the files are."""
        pkg_config = shutil.which("pkg-config")
        if pkg_config is None:
            skip("there is no pkg-config on this machine")
        command = [pkg_config, f"--define-variable=prefix={self.prefix}", *options, "dumbo"]
        return shlex.split(run(command, PKG_CONFIG_PATH=str(self.pkgconfig)))


class Table:
    """Consumers tried, how each was linked, and what came of it."""

    def __init__(self):
        self.rows = []
        self.reports = []

    def attempt(self, consumer, linkage, action):
        begin = time.monotonic()
        try:
            action()
            result = "ok"
        except Failed as failure:
            result = "FAILED"
            self.reports.append(f"--- {consumer}, {linkage}\n{failure}")
        self.rows.append((consumer, linkage, result, f"{time.monotonic() - begin:.1f}"))

    def finish(self):
        print("\n".join(self.reports))
        rows = [("consumer", "linkage", "result", "seconds"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        sys.exit(1 if self.reports or not self.rows else 0)
