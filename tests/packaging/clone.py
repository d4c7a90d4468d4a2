# SPDX-License-Identifier: Apache-2.0
"""A clone of the project as it is now, with what is not committed yet: what the tests of this folder build from."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lint"))
from lint import project_files

SKIPPED = 77  # Meson counts this exit code as a skipped test
COMMITTER = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
             for what, value in (("NAME", "tests"), ("EMAIL", "tests@libdumbo.invalid"))}


def require(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            skip(f"there is no {tool} on this machine")


def skip(reason):
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


def run(*command, env=None, **options):
    """The output of a command that must succeed, in this environment and what it adds."""
    command = [str(word) for word in command]
    done = subprocess.run(command, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"$ {shlex.join(command)}\n{done.stdout}(exit status {done.returncode})")
    return done.stdout


def clone(source_root, folder):
    """Makes a repository with one commit, and returns the names of its files."""
    names = sorted(path.relative_to(source_root) for path in project_files(source_root))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source_root / name, folder / name)
    run("git", "init", "--quiet", folder)
    run("git", "-C", folder, "add", "--all", "--force")
    run("git", "-C", folder, "-c", "commit.gpgSign=false", "commit", "--quiet", "--message", "As it is now", env=COMMITTER)
    return names
