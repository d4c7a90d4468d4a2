#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one linter over the project: lint.py LINTER SOURCE_ROOT BUILD_ROOT. Exits with 77 where the linter is missing."""

import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
C_FAMILY = {".c", ".cpp", ".h", ".hpp"}


def project_files(source_root):
    """What belongs to the project: all that git tracks, or, in an export without git, all but build directories."""
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                             cwd=source_root, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:
        names = [str(path.relative_to(source_root)) for path in source_root.rglob("*")]
    paths = [source_root / name for name in names if not name.startswith("build")]
    return [path for path in paths if path.is_file()]


def is_shell_script(path):
    with path.open("rb") as file:
        return re.match(rb"#!.*\b(ba)?sh\b", file.readline()) is not None


def run(command, **options):
    return subprocess.run([str(word) for word in command], check=False, **options).returncode


def clang_format(source_root, _):
    sources = [path for path in project_files(source_root) if path.suffix in C_FAMILY]
    return run(["clang-format", "--dry-run", "--Werror", *sources])


def tidy(source_root, build_root, *folders):
    paths = "|".join(re.escape(str(source_root / folder)) for folder in folders)
    return run(["run-clang-tidy", "-quiet", "-p", build_root, f"({paths})/.*\\.cpp"], stderr=subprocess.DEVNULL)


def clang_tidy(source_root, build_root):
    """The library itself, and through it the public headers."""
    return tidy(source_root, build_root, "src", "capi")


def clang_tidy_of_tools(source_root, build_root):
    return tidy(source_root, build_root, "tools")


def cppcheck(source_root, build_root):
    """Everything that is shipped. What is suppressed in the source says why."""
    folders = [f"--file-filter={source_root / folder}/*" for folder in ("src", "capi", "examples", "tools")]
    return run(["cppcheck", f"--project={build_root / 'compile_commands.json'}", *folders, "--quiet", "--inline-suppr",
                "--enable=warning,performance,portability", "--error-exitcode=1"])


def mandoc(source_root, _):
    """Manual pages: a warning is an error."""
    pages = [path for path in project_files(source_root) if re.fullmatch(r"\.[1-8]", path.suffix)]
    return run(["mandoc", "-Tlint", "-Wwarning", *pages])


def shellcheck(source_root, _):
    return run(["shellcheck", *filter(is_shell_script, project_files(source_root))])


def codespell(source_root, _):
    no_prose = {"vectors", "corpus", "regressions"}
    texts = [path for path in project_files(source_root)
             if no_prose.isdisjoint(path.parts) and path.name != "LICENSE"]
    return run(["codespell", "--ignore-words-list", "inout,tha,keep-alives,nd,statics,crate,fo", *texts])


LINTERS = {
    "clang-format": clang_format,
    "run-clang-tidy": clang_tidy,
    "run-clang-tidy of tools": clang_tidy_of_tools,
    "cppcheck": cppcheck,
    "mandoc": mandoc,
    "shellcheck": shellcheck,
    "codespell": codespell,
}


def main(linter, source_root, build_root):
    if shutil.which(program := linter.split()[0]) is None:
        print(f"SKIPPED: {program} is not installed")
        return SKIPPED
    return LINTERS[linter](pathlib.Path(source_root), pathlib.Path(build_root))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
