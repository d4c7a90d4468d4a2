# SPDX-License-Identifier: Apache-2.0
"""Installs a build, as a whole and by each of Meson's tags, and compares the files with installed.txt."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from installation import differences, expected, install, unusual_modes
from release import argument_parser

DIRECTORIES = ("bindir", "datadir", "includedir", "libdir", "mandir")
TAGS = ("runtime", "devel", "man", "doc", "i18n", "tests")


def directories_of(meson, build):
    """Where the build was configured to go, as absolute paths."""
    listing = subprocess.run([*meson, "introspect", "--buildoptions", build], check=True, capture_output=True, text=True)
    options = {option["name"]: option["value"] for option in json.loads(listing.stdout)}
    return {name: str(Path(options["prefix"]) / options[name]) for name in DIRECTORIES}


def arguments():
    parser = argument_parser(__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", required=True, help="library, tools, reference")
    parser.add_argument("--meson", nargs="+", required=True)
    return parser.parse_args()


def main():
    options = arguments()
    directories = directories_of(options.meson, options.build)
    wanted = expected(options.parts, version=options.version, soversion=options.soversion, **directories)
    everything = set().union(*wanted.values())
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        complaints += differences(everything, install(options.meson, options.build, whole), "all of it")
        complaints += unusual_modes(whole)
        for tag in TAGS:
            files = install(options.meson, options.build, Path(folder) / tag, "--tags", tag)
            complaints += differences(wanted.get(tag, set()), files, f"--tags {tag}")
    print("\n".join(complaints) or f"{len(everything)} files: " + ", ".join(f"{t} {len(f)}" for t, f in wanted.items()))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
