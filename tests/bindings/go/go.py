# SPDX-License-Identifier: Apache-2.0
"""Tests bindings/go against the shared library of a build, with nothing from the network. With --static the program that
replays vectors has all of its libraries inside, the C library among them.

Usage: go.py tests|vectors SOURCE_ROOT BUILD_ROOT --cc COMMAND... [--static]
"""

import argparse
import hashlib
import math
import re
import shlex
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "support"))
from commands import require, run

RACE_DETECTOR_RUNS_ON = ("amd64", "arm64")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["tests", "vectors"])
    parser.add_argument("source_root", type=Path)
    parser.add_argument("build_root", type=Path)
    parser.add_argument("--cc", nargs="+", required=True)
    parser.add_argument("--static", action="store_true")
    return parser.parse_args()


class Go:
    def __init__(self, options):
        self.command = shutil.which("go")
        self.package = options.source_root / "bindings" / "go"
        self.folder = options.build_root / "tests" / "bindings" / "go"
        header = (options.source_root / "capi" / "include" / "dumbo" / "dumbo.h").read_bytes()
        self.environment = {
            "CC": shlex.join(options.cc),
            # What Go has compiled it compiles again if these flags change, but not if a header does.
            "CGO_CFLAGS": f"-g -O2 -DHEADER_{hashlib.sha256(header).hexdigest()}",
            "CGO_ENABLED": "1",
            "GOCACHE": str(self.folder / "cache"),
            "GOENV": "off",
            "GOFLAGS": "-buildvcs=false",
            "GOPATH": str(self.folder / "path"),
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "LD_LIBRARY_PATH": str(options.build_root / "capi"),
            "PKG_CONFIG_PATH": str(options.build_root / "meson-uninstalled"),
        }

    def output(self, *command, **environment):
        """What a command says that must succeed."""
        return run(*command, cwd=self.package, env={**self.environment, **environment})

    def __call__(self, *words, **environment):
        print(self.output(self.command, *words, **environment), end="", flush=True)

    def checks_of_pointers(self):
        """What has every Go pointer that goes into C memory noticed."""
        is_of_the_build = version_in(self.output(self.command, "env", "GOVERSION")) >= (1, 21)
        return {"GOEXPERIMENT": "cgocheck2"} if is_of_the_build else {"GODEBUG": "cgocheck=2"}


def version_in(text):
    """The first two numbers of "go1.22.3", "go1.22beta1" or "devel go1.22-0123abc"; a version without any is the newest."""
    numbers = re.search(r"go(\d+)\.(\d+)", text)
    return tuple(map(int, numbers.groups())) if numbers else (math.inf,)


def run_tests(go):
    badly_formatted = go.output(str(Path(go.command).with_name("gofmt")), "-l", ".", "../../tests/consumers/go")
    if badly_formatted:
        sys.exit(f"gofmt has its own mind about\n{badly_formatted}")
    go("vet", "./...")
    go("test", "-count=1", "-v", ".", **go.checks_of_pointers())
    if go.output(go.command, "env", "GOARCH").strip() in RACE_DETECTOR_RUNS_ON:
        go("test", "-count=1", "-race", ".")
    go("test", "-count=1", "./internal/...")


def run_vectors(go, options):
    program = go.folder / "replay"
    linkage = ["-ldflags", "-linkmode external -extldflags -static"] if options.static else []
    go("build", *linkage, "-o", program, "./internal/replay")
    files = sorted((options.source_root / "tests" / "conformance" / "vectors").glob("*.txt"))
    print(go.output(program, *files), end="")


def main():
    options = arguments()
    require("go", "pkg-config")
    go = Go(options)
    if options.what == "tests":
        run_tests(go)
    else:
        run_vectors(go, options)


if __name__ == "__main__":
    main()
