# SPDX-License-Identifier: Apache-2.0
"""Every C block of the README compiles as it stands, shared and static, runs, and says something.

Usage: readme.py README BUILD_ROOT --meson COMMAND... --cc COMMAND...
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from toolbox import WARNINGS, Failed, Installation, Table, run


def c_blocks(readme):
    blocks = re.findall(r"^```c\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if not blocks:
        sys.exit(f"{readme} has no block that begins with ```c")
    return blocks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("readme", type=Path)
    parser.add_argument("build_root", type=Path)
    parser.add_argument("--meson", nargs="+", required=True)
    parser.add_argument("--cc", nargs="+", required=True)
    options = parser.parse_args()

    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        try:
            installed = Installation(options.build_root, options.meson, folder)
        except Failed as failure:
            sys.exit(str(failure))

        def build_and_run(block, *link_flags):
            source = Path(folder) / "example.c"
            source.write_text(block, encoding="utf-8")
            program = Path(folder) / "example"
            run([*options.cc, "-std=c11", *WARNINGS, *installed.flags("--cflags"), source, "-o", program, *link_flags])
            output = run([program], LD_LIBRARY_PATH=str(installed.libraries))
            if not output.strip():
                raise Failed("the example prints nothing")
            print(output, end="")

        for number, block in enumerate(c_blocks(options.readme), 1):
            name = f"the README's C example {number}"
            table.attempt(name, "shared", lambda: build_and_run(block, *installed.flags("--libs")))
            table.attempt(name, "libdumbo.a", lambda: build_and_run(block, installed.libraries / "libdumbo.a"))
    table.finish()


if __name__ == "__main__":
    main()
