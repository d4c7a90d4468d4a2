# SPDX-License-Identifier: Apache-2.0
"""What the consumer tests share: running commands, installed copies of the library, and a table of what came of it."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SKIPPED = 77  # Meson counts this exit code as a skipped test


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def need(tool):
    path = shutil.which(tool)
    if path is None:
        raise Skipped(f"there is no {tool} on this machine")
    return path


def run(command, cwd=None, **environment):
    """The output of a command that must succeed."""
    need(str(command[0]))
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"$ {shlex.join(map(str, command))}\n{done.stdout}(exit status {done.returncode})")
    return done.stdout


def libraries_needed(program):
    """The shared libraries that a program names."""
    dynamic = run(["readelf", "--wide", "--dynamic", program])
    return [line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line]


class Prefix:
    """An installed copy of the library below a folder of our own, and the environment in which tools find this copy and
    no other."""

    def __init__(self, root):
        self.root = root
        found = list(root.rglob("dumbo.pc"))
        if len(found) != 1:
            raise Failed(f"{len(found)} files dumbo.pc were installed, not one")
        self.libraries = found[0].parent.parent
        self.archive = self.libraries / "libdumbo.a"
        pkg_config = {"PKG_CONFIG_LIBDIR": found[0].parent, "PKG_CONFIG_SYSROOT_DIR": root}
        self.path = Path(run(["pkg-config", "--variable=prefix", "dumbo"], **pkg_config).strip())
        self.environment = {**pkg_config, "CMAKE_PREFIX_PATH": self.path, "LD_LIBRARY_PATH": self.libraries}

    @classmethod
    def installed(cls, build, meson, root):
        """The build as `meson install` puts it on a system."""
        run([*meson, "install", "-C", build, "--no-rebuild", "--quiet"], DESTDIR=root)
        return cls(root)

    def without_shared_library(self, root):
        """A copy as a distributor has it who ships no shared library."""
        shutil.copytree(self.root, root, symlinks=True, ignore=shutil.ignore_patterns("libdumbo.so*"))
        return Prefix(root)

    def run(self, command, cwd=None, **environment):
        return run(command, cwd, **self.environment, **environment)

    def pkg_config(self, *options):
        return shlex.split(self.run(["pkg-config", *options, "dumbo"]))


class Table:
    """Consumers, how each is linked, and what came of it."""

    def __init__(self):
        self.attempts = []

    def add(self, consumer, linkage, action):
        self.attempts.append((consumer, linkage, action))

    def only(self, word):
        self.attempts = [attempt for attempt in self.attempts if word.lower() in attempt[0].lower()]
        return self

    def run(self, at_a_time, require_all):
        """Runs all, prints the table, and ends the program: with 1 after a failure, with 77 if something was left out."""
        begin = time.monotonic()
        with ThreadPoolExecutor(at_a_time) as pool:
            rows = list(pool.map(lambda attempt: self.attempt(*attempt), self.attempts))
        self.print_rows([("consumer", "linkage", "result", "seconds"), *rows])
        print(f"{len(rows)} consumers in {time.monotonic() - begin:.1f} s")
        results = [result for _, _, result, _ in rows]
        if not results or "FAILED" in results:
            sys.exit(1)
        if any(result != "ok" for result in results):
            sys.exit(1 if require_all else SKIPPED)

    @staticmethod
    def attempt(consumer, linkage, action):
        begin = time.monotonic()
        try:
            action()
            result = "ok"
        except Skipped as reason:
            result = f"SKIPPED: {reason}"
        except (Failed, OSError) as failure:
            result = "FAILED"
            print(f"--- {consumer}, {linkage}\n{failure}", flush=True)
        return consumer, linkage, result, f"{time.monotonic() - begin:.1f}"

    @staticmethod
    def print_rows(rows):
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
