# SPDX-License-Identifier: Apache-2.0
"""Tests the crates of bindings/rust against the library of a build: rust.py TEST SOURCE_ROOT BUILD_ROOT VERSION

Exits with 77 where a program is missing that it takes.
"""

import difflib
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "support"))
from commands import require, skip

# What a replay says of the vector files. One that ended early, or left records out, would say less.
REPLAYED = {
    "arp": "400 records, 0 differences",
    "checksum": "600 records, 0 differences",
    "connection": "1500 traces, 29435 records, 0 differences, 3 traces end early: no source can have what they want",
    "ethernet": "200 records, 0 differences",
    "ipv4": "596 records, 0 differences",
    "rst": "250 records, 0 differences",
    "seq": "1000 records, 0 differences",
    "tcp_parse": "1200 records, 0 differences",
    "tcp_write": "800 records, 0 differences",
}
STATE = ("fns", "har", "rre", "est", "fin", "done", "dup", "next")


class Failed(Exception):
    pass


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

    def cargo(self, subcommand, *arguments, expected=0, **environment):
        return self.run(["cargo", subcommand, "--locked", "--offline", *arguments], expected, **environment)

    # ------------------------------------------------------------------------------------------------- tests ----

    def declarations(self):
        """The declarations that are checked in are those of the header, and the crates have the library's version."""
        require("bindgen", "rustfmt")
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
        """No difference in any file, in two ways; and every one that is put in."""
        files = sorted(self.vectors.glob("*.txt"))
        self.cargo("build", "--package", "dumbo", "--example", "vectors")
        program = self.target / "debug" / "examples" / "vectors"
        for options in ([], ["--hard"]):
            said = self.run([program, *options, *files])
            if said.splitlines() != [f"{file}: {REPLAYED.get(file.stem)}" for file in files]:
                raise Failed("not every file was replayed as a whole and without differences")
            with tempfile.TemporaryDirectory() as folder:
                for file in files:
                    altered = Path(folder) / file.name
                    alterations = alter_results(file, altered)
                    said = self.run([program, *options, altered], expected=1)
                    if f" {alterations} differences" not in said:
                        raise Failed(f"{file.name} did not show its {alterations} alterations")
                altered = Path(folder) / "state.txt"
                alter_state(self.vectors / "connection.txt", altered)
                said = self.run([program, *options, altered], expected=1)
                if re.findall(r"^\S+: (\w+)=\S+ instead of \S+$", said, re.MULTILINE) != list(STATE):
                    raise Failed("a state that is not wanted was not seen")
        self.refuse_misshapen_files(program)

    def refuse_misshapen_files(self, program):
        connections = (self.vectors / "connection.txt").read_text(encoding="ascii").splitlines(keepends=True)
        kind, (trace, opening) = connections[0], connections[2:4]
        sequence = "seq a=1 b=0 -> after=1 at_or_after=1\n"
        misshapen = {
            "the kind 'arps' is not known": "dumbo-vectors version=1 kind=arps\n",
            "the verb 'seq' is not known in a file of kind 'rst'": f"dumbo-vectors version=1 kind=rst\n{sequence}",
            "no vector file of version 1": f"dumbo-vectors version=2 kind=seq\n{sequence}",
            "the verb 'seq' is not known": f"{kind}{trace}{opening}{sequence}end\n",
            "'open' is out of place": f"{kind}{trace}{opening}{opening}end\n",
            "'end' is out of place": f"{kind}{trace}end\n",
            "'trace' is out of place": f"{kind}{trace}{trace}{opening}end\n",
            "there is no connection": f"{kind}{trace}close -> ok\nend\n",
            "the last trace has no end": f"{kind}{trace}{opening}",
        }
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "misshapen.txt"
            for reason, text in misshapen.items():
                file.write_text(text, encoding="ascii")
                if reason not in self.run([program, file], expected=1):
                    raise Failed(f"a file was not refused because {reason}")

    def linkage(self):
        """The ways to the library that consumers do not try: built from its sources, and static though there is both.
        And what is said where there is no way."""
        require("meson", "ninja")
        program = ["run", "--manifest-path", self.consumer / "Cargo.toml"]
        nowhere = {"PKG_CONFIG": "/nonexistent"}
        bundled = [*program, "--features", "dumbo/bundled"]
        self.cargo(*bundled, **nowhere)
        # The build that is there was set up for another compiler.
        self.refused("no-such-compiler", bundled, CXX="no-such-compiler", **nowhere)
        self.cargo(*program, DUMBO_STATIC="1", PKG_CONFIG_PATH=self.with_library["PKG_CONFIG_PATH"])
        build = ["build", "--package", "dumbo-sys"]
        self.refused("is what finds libdumbo", build, **nowhere)
        self.refused("was not found", build, PKG_CONFIG_LIBDIR="/nonexistent")
        self.refused("is for s390x-unknown-linux-gnu", [*build, "--target", "s390x-unknown-linux-gnu"])

    def refused(self, reason, command, **environment):
        if reason not in self.cargo(*command, expected=101, **environment):
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


def alter_results(file, to):
    """A copy of a vector file with one other value for every key, and word, of every verb's results: how many."""
    lines = file.read_text(encoding="ascii").splitlines()
    places = {}
    for number, line in enumerate(lines):
        if line.startswith("#") or " -> " not in line:
            continue
        verb, begin = line.split(" ")[0], line.index(" -> ") + len(" -> ")
        result = line[begin:].split(" | ")[0]
        for value in re.finditer(r"(?:^|(?<= ))(\w+=)?(?=[0-9a-z])", result):
            places.setdefault((verb, value[1]), []).append((number, begin + value.end()))
    altered, chance = set(), random.Random(file.name)
    for candidates in places.values():
        number, place = chance.choice([place for place in candidates if place[0] not in altered])
        lines[number] = with_other_character(lines[number], place)
        altered.add(number)
    to.write_text("\n".join(lines) + "\n", encoding="ascii")
    return len(altered)


def alter_state(file, to):
    """For every key of the state a trace that ends where it has another value than it should."""
    head, *traces = re.split(r"^(?=trace )", file.read_text(encoding="ascii"), flags=re.MULTILINE)
    chance = random.Random(file.name)
    copy = head
    for key in STATE:
        pattern = re.compile(rf" \| .*?\b{key}=")
        # Not the first line: all keys stand there, and only some change later.
        trace = chance.choice([trace for trace in traces if len(pattern.findall(trace)) > 1])
        value = chance.choice(list(pattern.finditer(trace))[1:])
        rest = with_other_character(trace, value.end())[value.end() :]
        copy += trace[: value.end()] + rest.split("\n")[0] + "\nend\n"
    to.write_text(copy, encoding="ascii")


def with_other_character(text, place):
    return text[:place] + ("1" if text[place] == "0" else "0") + text[place + 1 :]


def main(test, source_root, build_root, version):
    require("cargo", "rustc", "pkg-config")
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
