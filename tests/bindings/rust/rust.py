# SPDX-License-Identifier: Apache-2.0
"""Tests the crates of bindings/rust against the library of a build: rust.py TEST SOURCE_ROOT BUILD_ROOT VERSION

Exits with 77 where a program is missing that it takes.
"""

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
ALTERATIONS = 5  # of each vector file


class Failed(Exception):
    pass


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"there is no {program} on this machine")


class Crates:
    def __init__(self, source_root, build_root, version):
        self.folder = source_root / "bindings" / "rust"
        self.consumer = source_root / "tests" / "consumers" / "rust"
        self.vectors = source_root / "tests" / "conformance" / "vectors"
        self.version = version
        self.target = build_root / "rust"
        # What the user's own environment says about another libdumbo is of no interest. Nobody looks into these programs
        # with a debugger, or compiles them a second time.
        foreign = ("DUMBO_STATIC", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in foreign},
            "CARGO_TARGET_DIR": str(self.target),
            "CARGO_PROFILE_DEV_DEBUG": "0",
            "CARGO_PROFILE_TEST_DEBUG": "0",
            "CARGO_INCREMENTAL": "0",
        }
        self.with_library = {
            "PKG_CONFIG_PATH": str(build_root / "meson-uninstalled"),
            "LD_LIBRARY_PATH": str(build_root / "capi"),
        }

    def run(self, command, expected=0, **environment):
        """The output of a command, which is shown, too."""
        print("$", shlex.join(map(str, command)), flush=True)
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env={**self.environment, **(environment or self.with_library)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(done.stdout, flush=True)
        if done.returncode != expected:
            raise Failed(f"exit status {done.returncode} instead of {expected}")
        return done.stdout

    def cargo(self, subcommand, *arguments, **environment):
        return self.run(["cargo", subcommand, "--locked", "--offline", *arguments], **environment)

    # ------------------------------------------------------------------------------------------------- tests ----

    def declarations(self):
        """The declarations that are checked in are those of the header, and the crates have the library's version."""
        need("bindgen", "rustfmt")
        checked_in = self.folder / "dumbo-sys" / "src" / "bindings.rs"
        with tempfile.TemporaryDirectory() as folder:
            anew = Path(folder) / "bindings.rs"
            self.run([self.folder / "generate", anew])
            old, new = (path.read_text(encoding="utf-8").splitlines() for path in (checked_in, anew))
        if old[0] != new[0]:
            skip(f"another version writes other declarations: {new[0]} instead of {old[0]}")
        # Versions of rustfmt differ in where they break a line.
        if without_layout(old) != without_layout(new):
            print("\n".join(difflib.unified_diff(old, new, "checked in", "of the header", lineterm="")))
            raise Failed("bindings/rust/generate was not run after the header was changed")
        for crate in ("dumbo", "dumbo-sys"):
            manifest = (self.folder / crate / "Cargo.toml").read_text(encoding="utf-8")
            if re.search(r'^version = "(.*)"$', manifest, re.MULTILINE)[1] != self.version:
                raise Failed(f"the crate {crate} has another version than the library, {self.version}")

    def tests(self):
        """All tests, the examples in the documentation among them, and then without std."""
        self.cargo("test", "--workspace")
        self.cargo("test", "--package", "dumbo", "--no-default-features", "--test", "connection", "--test", "stack")

    def replay(self):
        """No difference in any file, in two ways; and as many as are put in."""
        files = sorted(self.vectors.glob("*.txt"))
        self.cargo("build", "--package", "dumbo", "--example", "vectors")
        program = self.target / "debug" / "examples" / "vectors"
        for options in ([], ["--hard"]):
            output = self.run([program, *options, *files])
            if len(re.findall(r"\b0 differences", output)) != len(files):
                raise Failed("not every file was replayed without differences")
        with tempfile.TemporaryDirectory() as folder:
            altered = [alter(file, Path(folder)) for file in files]
            output = self.run([program, *altered], expected=1)
            state = Path(folder) / "state.txt"
            connections = (self.vectors / "connection.txt").read_text(encoding="ascii")
            state.write_text(connections.replace(" | fns=", " | fns=1", 1), encoding="ascii")
            if not re.search(r": fns=\d+ instead of \d+$", self.run([program, state], expected=1), re.MULTILINE):
                raise Failed("a state that is not wanted was not seen")
        if len(re.findall(rf"\b{ALTERATIONS} differences", output)) != len(files):
            raise Failed(f"not every file showed its {ALTERATIONS} alterations")

    def linkage(self):
        """The ways to the library that consumers do not try: built from its sources, and static though there is both.
        And what is said where there is no way."""
        need("meson", "ninja")
        program = ["run", "--manifest-path", self.consumer / "Cargo.toml"]
        nowhere = {"PKG_CONFIG": "/nonexistent"}
        self.cargo(*program, "--features", "dumbo/bundled", **nowhere)
        self.cargo(*program, DUMBO_STATIC="1", PKG_CONFIG_PATH=self.with_library["PKG_CONFIG_PATH"])
        self.refused("is what finds libdumbo", **nowhere)
        self.refused("was not found", PKG_CONFIG_LIBDIR="/nonexistent")
        self.refused("is for s390x-unknown-linux-gnu", "--target", "s390x-unknown-linux-gnu")

    def refused(self, reason, *arguments, **environment):
        command = ["cargo", "build", "--locked", "--offline", "--package", "dumbo-sys", *arguments]
        if reason not in self.run(command, expected=101, **environment):
            raise Failed(f"'{reason}' is not among the reasons")

    def lint(self):
        for tool in ("fmt", "clippy"):
            if subprocess.run(["cargo", tool, "--version"], capture_output=True, check=False).returncode != 0:
                skip(f"there is no cargo {tool} on this machine")
        self.run(["cargo", "fmt", "--all", "--check"])
        self.run(["cargo", "fmt", "--check", "--manifest-path", self.consumer / "Cargo.toml"])
        strict = ["--", "--deny", "warnings"]
        self.cargo("clippy", "--workspace", "--all-targets", *strict)
        self.cargo("clippy", "--package", "dumbo", "--no-default-features", *strict)
        self.cargo("doc", "--workspace", "--no-deps", RUSTDOCFLAGS="--deny warnings", **self.with_library)


def without_layout(lines):
    return re.sub(r",(?=[)}\]])", "", re.sub(r"\s", "", "".join(lines)))


def alter(file, folder):
    """A copy of a vector file, in which the first character of a result is another one in a few records."""
    lines = file.read_text(encoding="ascii").splitlines()
    records = [number for number, line in enumerate(lines) if re.search(r" -> \S*=", line)]
    step = len(records) // ALTERATIONS
    for number in records[step // 2 :: step][:ALTERATIONS]:
        event, result = lines[number].split(" -> ")
        place = result.index("=") + 1
        other = "1" if result[place] == "0" else "0"
        lines[number] = f"{event} -> {result[:place]}{other}{result[place + 1:]}"
    copy = folder / file.name
    copy.write_text("\n".join(lines) + "\n", encoding="ascii")
    return copy


def main(test, source_root, build_root, version):
    need("cargo", "rustc", "pkg-config")
    crates = Crates(Path(source_root), Path(build_root), version)
    tests = {
        "declarations": crates.declarations,
        "tests": crates.tests,
        "vectors": crates.replay,
        "linkage": crates.linkage,
        "lint": crates.lint,
    }
    try:
        tests[test]()
    except Failed as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
