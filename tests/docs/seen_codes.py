#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No function returns a code that dumbo.h does not list for it, and each listed code was returned at least once.

Usage: seen_codes.py HEADER WATCHING_LIBRARY PROGRAM...

The programs are the tests of the C interface; they run behind the library that watch_codes.py has made.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import documented


def run(program, watching_library, seen):
    environment = {**os.environ, "LD_PRELOAD": watching_library, "DUMBO_CODES_SEEN": str(seen)}
    done = subprocess.run([program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return [] if done.returncode == 0 else [f"{program}:\n{done.stdout}(exit status {done.returncode})"]


def main(header, watching_library, *programs):
    with tempfile.TemporaryDirectory() as folder:
        seen = pathlib.Path(folder) / "seen"
        complaints = [one for program in programs for one in run(program, watching_library, seen)]
        returned = {tuple(line.split()) for line in seen.read_text(encoding="utf-8").splitlines()} if seen.exists() else set()
    listed = {(function.name, code) for function in documented.functions_with_codes(header) for code in function.codes}
    complaints += [f"{name}() is said to return {code}, and no test saw it" for name, code in sorted(listed - returned)]
    print("\n".join(complaints))
    print(f"{len(listed & returned)} of {len(listed)} results were returned")
    return 1 if complaints or not listed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
