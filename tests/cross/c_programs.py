# SPDX-License-Identifier: Apache-2.0
"""Builds C programs for another machine or another libc, as a user would with its compiler, and runs them: against the shared library,
the static one, and with everything static. Nothing but a C compiler takes part.

Usage: c_programs.py SOURCE_ROOT BUILD_ROOT --cc COMMAND... --wrapper [COMMAND...]
"""

import re
import sys
import tempfile
from pathlib import Path

for folder in ("consumers", "support"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))
import readme
from commands import run

WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# What the C++ runtime would bring into a program.
RUNTIME = re.compile(r"libstdc\+\+|libgcc_s|GLIBCXX|__cxa_throw|_ZSt")


def programs(source_root, folder):
    """Each program, with words that its output must contain."""
    yield source_root / "tests/consumers/c/exchange.c", "\n"
    for number, (block, said) in enumerate(readme.examples(source_root / "README.md"), 1):
        source = folder / f"readme-{number}.c"
        source.write_text(block, encoding="utf-8")
        yield source, said


def main():
    words = sys.argv[1:]  # not for argparse: the commands have options of their own
    source_root, build_root = Path(words[0]), Path(words[1])
    cc = words[words.index("--cc") + 1 : words.index("--wrapper")]
    wrapper = words[words.index("--wrapper") + 1 :]

    libraries = build_root / "capi"
    headers = [f"-I{source_root / 'capi/include'}", f"-I{libraries / 'include'}"]
    compiler = [*cc, *WARNINGS, *headers]
    archive = libraries / "libdumbo.a"
    linkages = {
        "shared": [f"-L{libraries}", "-ldumbo", f"-Wl,-rpath,{libraries}"],
        "archive": [archive],
        "static": ["-static", archive],
    }
    with tempfile.TemporaryDirectory() as folder:
        for source in ("header_c11.c", "layout.c", "numbers.c"):
            run(*compiler, "-c", source_root / "tests/capi" / source, "-o", Path(folder) / "object.o")
        program = Path(folder) / "program"
        for source, said in programs(source_root, Path(folder)):
            for linkage, flags in linkages.items():
                run(*compiler, source, "-o", program, *flags)
                found = RUNTIME.search(run("readelf", "--wide", "--dynamic", "--symbols", program))
                if found:
                    sys.exit(f"{source.name}, {linkage}, has C++ runtime in it: {found.group()}")
                output = run(*wrapper, program)
                if said not in output:
                    sys.exit(f"{source.name}, {linkage}, does not say '{said}':\n{output}")
                print(f"{source.name}, {linkage}: ok")


if __name__ == "__main__":
    main()
