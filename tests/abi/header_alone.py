# SPDX-License-Identifier: Apache-2.0
"""The header compiles alone: in every standard of C since C99 and of C++ since C++98, with every warning on. With clang
it has, for machines of all kinds, the layout and the numbers that are on record.

Usage: header_alone.py gcc|clang INCLUDE_FOLDER... -- LAYOUT NUMBERS
"""

import concurrent.futures
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from toolbox import Complaints, tool

CXX = {"gcc": "g++", "clang": "clang++"}
WARNINGS = [
    "-Werror", "-Wall", "-Wextra", "-Wpedantic", "-pedantic-errors", "-Wconversion", "-Wsign-conversion", "-Wshadow",
    "-Wundef", "-Wpadded",
]
OF_C = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wc++-compat"]
OF_CXX = ["-Wold-style-cast"]
C = ["c99", "c11", "c17", "c2x", "gnu99", "gnu17"]
CXX_STANDARDS = ["c++98", "c++11", "c++14", "c++17", "c++20", "c++2b", "gnu++98", "gnu++20"]
# Little and big-endian, with pointers of 8 and 4 bytes, with 64-bit integers that are aligned to 8 and to 4 bytes, with a
# long of 4 bytes beside pointers of 8, and with chars of either sign.
MACHINES = [
    "x86_64-linux-gnu", "x86_64-linux-gnux32", "x86_64-linux-musl", "x86_64-pc-windows-msvc", "i386-linux-gnu",
    "aarch64-linux-gnu", "aarch64-apple-darwin", "armv7-linux-gnueabihf", "s390x-linux-gnu", "powerpc-linux-gnu",
    "powerpc64le-linux-gnu", "riscv32", "riscv64", "mips-linux-gnu", "mips64el-linux-gnuabi64", "m68k-linux-gnu",
]


def alone(compiler, folder):
    """The header as the only thing in a file, and twice."""
    for name, standards, warnings in (("c", C, OF_C), ("cpp", CXX_STANDARDS, OF_CXX)):
        source = folder / f"alone.{name}"
        source.write_text("#include <dumbo/dumbo.h>\n#include <dumbo/dumbo.h>\n", encoding="utf-8")
        program = compiler if name == "c" else CXX[compiler]
        for standard in standards:
            yield [tool(program), f"-std={standard}", *warnings, str(source)]


def on_other_machines(compiler, sources):
    """With the compiler's own headers: those of the machines' C libraries need not be here."""
    machines = [f"--target={machine}" for machine in MACHINES] if compiler == "clang" else []
    for machine, source in itertools.product(machines, sources):
        yield [tool(compiler), machine, "-ffreestanding", "-std=c11", source]


def failure_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"{' '.join(command)}\n{done.stderr}"


def main():
    split = sys.argv.index("--")
    compiler, *folders = sys.argv[1:split]
    sources = sys.argv[split + 1 :]
    rest = ["-fsyntax-only", *WARNINGS, *(f"-I{folder}" for folder in folders)]
    complaints = Complaints("dumbo.h")
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        commands = [*alone(compiler, Path(folder)), *on_other_machines(compiler, sources)]
        for failure in filter(None, pool.map(failure_of, [[*command, *rest] for command in commands])):
            complaints.add(failure)
    complaints.finish(f"compiled in {len(commands)} ways with {compiler}")


if __name__ == "__main__":
    main()
