# SPDX-License-Identifier: Apache-2.0
"""A clone of the project as it is now, with what is not committed yet: what the tests of this folder build from."""

import shutil
import sys
from pathlib import Path

for folder in ("lint", "support"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))
from commands import run
from lint import project_files

COMMITTER = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
             for what, value in (("NAME", "tests"), ("EMAIL", "tests@libdumbo.invalid"))}


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
