# SPDX-License-Identifier: Apache-2.0
"""The library's objects are byte by byte what another compiler makes of the same sources with the same options. Built for musl and
compared with a build for glibc, it says: whatever is known of the one holds for the other, but for the libc itself.

Usage: same_code.py BUILD_ROOT --ours COMMAND... --other COMMAND...
"""

import json
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def main():
    words = sys.argv[1:]  # not for argparse: the commands have options of their own
    ours = words[words.index("--ours") + 1 : words.index("--other")]
    other = words[words.index("--other") + 1 :]
    build_root = Path(words[0])

    def differs(number, entry, folder):
        """The source, if its object is another one."""
        command = shlex.split(entry["command"])
        if command[: len(ours)] != ours:
            sys.exit(f"{entry['file']} was not compiled by {shlex.join(ours)}")
        compared = Path(folder) / f"{number}.o"
        options = command[len(ours) :]
        options[options.index("-o") + 1] = str(compared)
        for option in ("-MD", "-MQ", entry["output"], "-MF", entry["output"] + ".d"):
            options.remove(option)
        subprocess.run([*other, *options], cwd=build_root, check=True)
        same = compared.read_bytes() == (build_root / entry["output"]).read_bytes()
        return None if same else entry["file"]

    commands = json.loads((build_root / "compile_commands.json").read_text(encoding="utf-8"))
    library = [entry for entry in commands if entry["output"].startswith(("src/", "capi/"))]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda item: differs(*item, folder), enumerate(library)))
    different = [name for name in found if name]
    print("\n".join(f"another object: {name}" for name in different))
    print(f"{len(library)} objects, {len(different)} differ")
    sys.exit(1 if different or len(library) < 40 else 0)


if __name__ == "__main__":
    main()
