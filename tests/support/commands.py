# SPDX-License-Identifier: Apache-2.0
"""What tests that run other programs share: commands that must succeed, and how to say what is missing."""

import os
import shlex
import shutil
import subprocess
import sys

SKIPPED = 77  # Meson counts this exit code as a skipped test


def skip(reason):
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


def require(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            skip(f"there is no {tool} on this machine")


def run(*command, env=None, **options):
    """The output of a command that must succeed, in this environment and what it adds."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **options)
    if done.returncode != 0:
        sys.exit(f"$ {shlex.join(words)}\n{done.stdout}(exit status {done.returncode})")
    return done.stdout
