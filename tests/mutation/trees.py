# SPDX-License-Identifier: Apache-2.0
"""Copies of the source tree in which one edit after the other is built and tested."""

import dataclasses
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time

SKIPPED = 77
MEMORY_MAX = 4 << 30
# Optimized as far as it saves time, and nothing for debuggers.
SETUP = ["-Ddefault_library=both", "-Dtests=enabled", "-Dtools=disabled", "-Dexamples=disabled", "-Dbuildtype=plain",
         "-Doptimization=1", "-Ddebug=false", "-Dwarning_level=0", "--wrap-mode=nodownload"]

VECTORS = ["arp", "checksum", "connection", "ethernet", "ipv4", "rst", "seq", "tcp_parse", "tcp_write"]
STORM = "nothing that anybody does breaks a stack"
DAMAGED_STACKS = "whatever bytes become a stack, it lives on without harm"
CHANGED_BYTES = "every other value of every byte, with the CRC repaired, is refused or another possible state"


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    program: str
    arguments: tuple = ()
    environment: tuple = ()


def catch(name, program, *cases):
    return Test(name, program, ("--abort", *cases))


def replay(name, *options, vectors=("connection",)):
    return Test(name, f"tests/conformance/{name.split()[0]}",
                (*options, *(f"tests/conformance/vectors/{vector}.txt" for vector in vectors)))


TESTS = {test.name: test for test in [
    replay("replay", vectors=VECTORS),
    catch("script", "tests/script/script-tests"),
    catch("capi", "tests/capi/capi-tests"),
    catch("scenario", "tests/scenario/scenario-tests"),
    catch("stack", "tests/stack/stack-tests", f"~{STORM}", f"~{DAMAGED_STACKS}".replace(",", "\\,")),
    catch("unit", "tests/unit/unit-tests"),
    *(Test(f"byte_sum {kernel}", "tests/byte_sum/byte-sum-tests", ("--abort",), (("DUMBO_KERNEL", kernel),))
      for kernel in ("portable", "vector16", "avx2", "avx512", "wide")),
    replay("replay-cpp", vectors=VECTORS),
    catch("snapshot", "tests/snapshot/snapshot-tests", f"~{CHANGED_BYTES}".replace(",", "\\,")),
    replay("replay --restore", "--restore"),
    replay("replay-cpp --restore", "--restore"),
    catch("conformance", "tests/conformance/conformance-tests"),
    catch("snapshot, all bytes", "tests/snapshot/snapshot-tests", CHANGED_BYTES.replace(",", "\\,")),
    catch("stack, storm", "tests/stack/stack-tests", STORM),
    catch("stack, damaged", "tests/stack/stack-tests", DAMAGED_STACKS.replace(",", "\\,")),
]}
# What is most likely to notice an edit, by the beginning of its file's name. The other tests follow in the order above.
FIRST = {
    "src/stack/": ["stack", "capi"],
    "src/tcp/snapshot": ["capi", "snapshot", "snapshot, all bytes"],
    "src/wire/byte_sum": ["byte_sum portable", "byte_sum avx2", "byte_sum vector16", "byte_sum wide"],
    "src/wire/": ["replay", "capi", "unit"],
    "capi/stack": ["capi"],
    "capi/": ["capi", "replay"],
    "include/dumbo/format.hpp": ["unit"],
    "include/dumbo/stack.hpp": ["capi", "stack"],
    "": ["replay", "script", "scenario"],
}


def order_for(file):
    first = next(names for prefix, names in FIRST.items() if file.startswith(prefix))
    return [TESTS[name] for name in [*first, *(name for name in TESTS if name not in first)]]


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(command, timeout, **options):
    """The exit code, None if it did not end in time. What it started ends with it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **options)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Tree:
    """One copy, its build below it, and how long its tests take as long as nothing is wrong."""

    def __init__(self, root, build_jobs):
        self.root = root
        self.build = root / "build"
        self.build_jobs = build_jobs
        self.seconds = {}
        self.compiled = set()

    def take_over(self, source, names):
        """Makes the copy what the source is. What has not changed keeps its time, so that it need not be built again."""
        for name in names:
            original, copy = source / name, self.root / name
            if not copy.exists() or copy.read_bytes() != original.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(original, copy)

    def configure(self):
        if not (self.build / "build.ninja").exists():
            subprocess.run(["meson", "setup", self.build, self.root, *SETUP], check=True, stdout=subprocess.DEVNULL)

    def make(self, *targets, timeout=1800):
        return run(["ninja", "-C", self.build, "-j", str(self.build_jobs), *targets], timeout) == 0

    def make_all(self):
        if not self.make(*{test.program for test in TESTS.values()}):
            raise RuntimeError(f"The tree in {self.root} does not build.")
        listing = subprocess.run(["ninja", "-C", self.build, "-t", "deps"], check=True, capture_output=True, text=True).stdout
        self.compiled = set(re.findall(r"^ +\.\./(\S+)$", listing, re.MULTILINE))

    def run(self, test, timeout):
        code = run([self.build / test.program, *test.arguments], timeout, cwd=self.root, preexec_fn=limit_memory,
                   env={**os.environ, **dict(test.environment)})
        return "a hang" if code is None else "" if code in (0, SKIPPED) else f"exit code {code}"

    def try_unchanged(self):
        for test in TESTS.values():
            start = time.monotonic()
            complaint = self.run(test, 600)
            self.seconds[test.name] = time.monotonic() - start
            if complaint:
                raise RuntimeError(f"Without any edit the test {test.name} fails ({complaint}).")

    def verdict_on(self, edit):
        """("killed", by what), ("survived", "") or ("uncompiled", ""). The file is left as it was."""
        if edit.file not in self.compiled:
            return "uncompiled", "nothing is made of this file"
        path = self.root / edit.file
        original = path.read_text(encoding="utf-8")
        path.write_text(edit.apply(original), encoding="utf-8")
        try:
            return self.verdict(order_for(edit.file))
        finally:
            path.write_text(original, encoding="utf-8")

    def verdict(self, tests):
        if not self.make("capi/libdumbo.so.0.1.0"):
            return "uncompiled", ""
        for test in tests:
            if not self.make(test.program):
                return "uncompiled", ""
            if complaint := self.run(test, 20 + 10 * self.seconds[test.name]):
                return "killed", f"{test.name}: {complaint}"
        return "survived", ""


def project_files(source):
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=source,
                             capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:
        names = [str(path.relative_to(source)) for path in source.rglob("*")]
    return [name for name in names if not name.startswith("build/") and (source / name).is_file()]


def copy_tree(from_root, to_root):
    """With what is built. Meson has to look at it anew, as it knows its folders by their whole names; ninja need not."""
    shutil.copytree(from_root, to_root, symlinks=True, ignore=shutil.ignore_patterns("meson-private", "meson-info", "build.ninja"))


def prepare(source, folder, count):
    """As many trees, each built and tried without any edit. The first one is built, the others are copies of it."""
    names = project_files(source)
    roots = [pathlib.Path(folder, f"tree-{number}") for number in range(count)]
    trees = []
    for number, root in enumerate(roots):
        if number > 0 and not root.exists():
            copy_tree(roots[0], root)
        tree = Tree(root, build_jobs=max(1, (os.cpu_count() or 1) // count))
        tree.take_over(source, names)
        tree.configure()
        tree.build_jobs, later = os.cpu_count() or 1, tree.build_jobs
        tree.make_all()
        tree.build_jobs = later
        trees.append(tree)
    trees[0].try_unchanged()
    for tree in trees:
        tree.seconds = trees[0].seconds
    return trees
