# SPDX-License-Identifier: Apache-2.0
"""Builds and runs programs of users against the library, in each of the ways that the README promises, and prints a
table of what came of it. Most folders here are a project of a user's each.

Usage: consumers.py SOURCE_ROOT BUILD_ROOT WORK [--meson COMMAND...] [--cc COMMAND...] [--cxx COMMAND...] [--require-all]
           [--only WORD]

The build is installed below WORK, and a second time without the shared library; copies of the projects are built there
against one of the two. WORK is emptied first, except for WORK/cache. With --require-all, or DUMBO_REQUIRE_ALL in the
environment, a consumer that a tool is missing for has failed. With --only, only those are tried that have WORD in their
names.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import readme
from toolbox import Failed, Prefix, Skipped, Table, libraries_needed, run

HERE = Path(__file__).resolve().parent
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# How the library is compiled, which is nobody else's business.
FLAGS_OF_OURS = ("-fno-", "-fstack-clash-", "-fcf-", "-fvisibility", "-Wshadow", "-Wconversion", "GLIBCXX", "-DDUMBO")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("source_root", type=Path)
    parser.add_argument("build_root", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--meson", nargs="+", default=["meson"])
    parser.add_argument("--cc", nargs="+", default=["cc"])
    parser.add_argument("--cxx", nargs="+", default=["c++"])
    parser.add_argument("--require-all", action="store_true", default="DUMBO_REQUIRE_ALL" in os.environ)
    parser.add_argument("--only", metavar="WORD", default="")
    return parser.parse_args()


def emptied(work):
    work.mkdir(parents=True, exist_ok=True)
    for path in work.iterdir():
        if path.name != "cache":
            shutil.rmtree(path)
    return work


def expect_linkage(program, linkage, foreign=("libdumbo",)):
    """The shared library is needed at run time, or else nothing of ours, nor anything else that is foreign."""
    needed = libraries_needed(program)
    if linkage == "shared":
        right = any(name.startswith("libdumbo.so.") for name in needed)
    else:
        right = not any(name.startswith(foreign) for name in needed)
    if not right:
        raise Failed(f"{program}, {linkage}, needs {needed}")


def expect_c_linkage(program, linkage):
    """A program in C needs no C++ runtime either."""
    expect_linkage(program, linkage, ("libdumbo", "libstdc++", "libc++", "libgcc_s"))


def expect_a_line(output):
    if not output.strip():
        raise Failed("the program prints nothing")


class Consumers:
    def __init__(self, options):
        self.source_root = options.source_root.resolve()
        self.build_root = options.build_root.resolve()
        self.work = emptied(options.work.resolve())
        self.meson = options.meson
        self.cc = options.cc
        self.cxx = options.cxx
        # Make, CMake, Meson, Cargo and Go look there.
        os.environ.update(CC=shlex.join(options.cc), CXX=shlex.join(options.cxx))
        both = Prefix.installed(self.build_root, self.meson, self.work / "installed")
        self.prefixes = {"shared": both, "static": both.without_shared_library(self.work / "installed-static")}

    def folder(self, name):
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.work))

    def project(self, name):
        """A copy of one of the projects here."""
        return shutil.copytree(HERE / name, self.folder(name), dirs_exist_ok=True)

    # Make

    def make(self, name, prefix, *settings):
        project = self.project(name)
        prefix.run(["make", "--quiet", *settings], cwd=project)
        expect_a_line(prefix.run([project / "exchange"]))
        return project / "exchange"

    def c(self, standard, linkage):
        expect_c_linkage(self.make("c", self.prefixes[linkage], f"STD={standard}"), linkage)

    def c_archive(self):
        """Named by its path, as the README says, with the shared library beside it."""
        prefix = self.prefixes["shared"]
        expect_c_linkage(self.make("c", prefix, f"LDLIBS={prefix.archive}"), "static")

    def c_without_shared_libraries(self):
        settings = ["LDFLAGS=-static", "PKG_CONFIG=pkg-config --static"]
        expect_linkage(self.make("c", self.prefixes["static"], *settings), "static", ("lib",))

    def cxx_on_c_interface(self, linkage):
        expect_linkage(self.make("cpp-c-interface", self.prefixes[linkage]), linkage)

    def cxx_with_headers(self, which):
        expect_linkage(self.make("cpp", self.prefixes[which]), "static")

    def cxx_header(self, header):
        """It is installed with all that it includes, and asks for no other header before it."""
        source = self.folder("header") / "alone.cpp"
        source.write_text(f"#include <dumbo/{header}>\n", encoding="ascii")
        flags = ["-std=c++20", *WARNINGS, "-fsyntax-only", *self.prefixes["static"].pkg_config("--cflags")]
        run([*self.cxx, *flags, source])

    def cxx_headers(self):
        headers = sorted((self.source_root / "include" / "dumbo").glob("*.hpp"))
        if not headers:
            raise Failed("there is no C++ header")
        for header in headers:
            self.cxx_header(header.name)

    def readme_example(self, block, said, linkage):
        """Copied and pasted."""
        prefix = self.prefixes[linkage]
        folder = self.folder("readme")
        (folder / "example.c").write_text(block, encoding="utf-8")
        flags = ["-std=c11", *WARNINGS, *prefix.pkg_config("--cflags")]
        run([*self.cc, *flags, folder / "example.c", "-o", folder / "example", *prefix.pkg_config("--libs")])
        output = prefix.run([folder / "example"])
        if said not in output:
            raise Failed(f"the program does not say '{said}':\n{output}")
        expect_c_linkage(folder / "example", linkage)

    # CMake

    def cmake(self, name, prefix, *settings):
        project = self.project(name)
        prefix.run(["cmake", "-S", project, "-B", project / "build", *settings])
        prefix.run(["cmake", "--build", project / "build"])
        return project / "build"

    def cmake_pkg_config(self, linkage):
        prefix = self.prefixes[linkage]
        program = self.cmake("cmake-pkg-config", prefix) / "exchange"
        expect_a_line(prefix.run([program]))
        expect_c_linkage(program, linkage)

    def cmake_package(self, linkage):
        prefix = self.prefixes[linkage]
        build = self.cmake("cmake-package", prefix)
        for program, expected in (("exchange", linkage), ("exchange-static", "static")):
            expect_a_line(prefix.run([build / program]))
            expect_c_linkage(build / program, expected)
        expect_a_line(prefix.run([build / "exchange-cpp"]))
        expect_linkage(build / "exchange-cpp", "static")

    def cmake_versions(self):
        prefix = self.prefixes["shared"]
        self.cmake("cmake-versions", prefix, f"-DINSTALLED={prefix.pkg_config('--modversion')[0]}")

    # Meson

    def meson_build(self, project, prefix, *settings):
        build = project / "build"
        # Only what is installed here, or the subproject, must do: nothing may be downloaded.
        run([*self.meson, "setup", "--wrap-mode=nodownload", *settings, build, project], **prefix)
        run([*self.meson, "compile", "-C", build], **prefix)
        return build

    def with_subproject(self, name):
        project = self.project(name)
        (project / "subprojects").mkdir()
        (project / "subprojects" / "dumbo").symlink_to(self.source_root)
        return project

    def meson_system(self, linkage):
        prefix = self.prefixes[linkage]
        build = self.meson_build(self.project("meson-system"), prefix.environment)
        expect_a_line(prefix.run([build / "exchange"]))
        expect_c_linkage(build / "exchange", linkage)

    def meson_fallback(self):
        """Where the system has none; in a project that knows no C++, and optimizes while it links."""
        nothing = {"PKG_CONFIG_LIBDIR": self.folder("nothing")}
        settings = ["-Db_lto=true", "-Dbuildtype=plain", "-Doptimization=2"]
        build = self.meson_build(self.with_subproject("meson-system"), nothing, *settings)
        expect_a_line(run([build / "exchange"]))
        expect_c_linkage(build / "exchange", "static")

    def meson_subproject(self, linkage, *settings):
        project = self.with_subproject("meson-subproject")
        # Even if there is a libdumbo on this machine.
        settings = ["--force-fallback-for=dumbo", f"-Ddefault_library={linkage}", "-Dbuildtype=plain", *settings]
        build = self.meson_build(project, {}, *settings)
        for program, expected in (("exchange-c", linkage), ("exchange-cpp", "static")):
            expect_a_line(run([build / program]))
            expect_linkage(build / program, expected)
        self.expect_to_be_installed_once(build)
        return build

    def meson_lenient_parent(self):
        """The flags of the subproject are not the parent's."""
        build = self.meson_subproject("shared")
        self.expect_no_flags(build, FLAGS_OF_OURS, of_subproject=False)

    def meson_strict_parent(self):
        """The other way round."""
        build = self.meson_subproject("static", "-Dwerror=true", "-Dwarning_level=everything")
        self.expect_no_flags(build, ("-Werror", "-Wpadded"), of_subproject=True)

    @staticmethod
    def expect_no_flags(build, unwanted, of_subproject):
        entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        entries = [entry for entry in entries if ("subprojects/dumbo" in entry["file"]) == of_subproject]
        for entry in entries:
            if found := [flag for flag in unwanted if flag in entry["command"]]:
                raise Failed(f"{entry['file']} is compiled with {found}")
        if not entries:
            raise Failed("nothing is compiled")

    def expect_to_be_installed_once(self, build):
        """What the subproject installs is what the library's own build installs, or some of it."""
        plan = json.loads((build / "meson-info" / "intro-installed.json").read_text(encoding="utf-8"))
        names = sorted(Path(destination).name for destination in plan.values())
        known = {path.name for path in self.prefixes["shared"].root.rglob("*")}
        if len(set(plan.values())) != len(plan) or not known.issuperset(names):
            raise Failed(f"the project installs {names}")

    def pkg_config_file(self):
        """It says the same whatever is built, and asks for nothing more where everything is static."""
        prefix = self.prefixes["static"]
        if (private := prefix.pkg_config("--libs", "--static")) != prefix.pkg_config("--libs"):
            raise Failed(f"A static program is to be linked with {private}")
        build = self.folder("static-build")
        run([*self.meson, "setup", "--auto-features=disabled", "-Ddefault_library=static", build, self.source_root])
        [installed] = prefix.libraries.rglob("dumbo.pc")
        of_static_build = build / "meson-private" / "dumbo.pc"
        if self.behind_directories(of_static_build) != self.behind_directories(installed):
            raise Failed(of_static_build.read_text(encoding="utf-8"))

    @staticmethod
    def behind_directories(pkg_config_file):
        return pkg_config_file.read_text(encoding="utf-8").split("\n\n", 1)[1]

    # Python

    def python(self, name, module):
        """With the first Python that has the module: Debian's modules are for Debian's."""
        prefix = self.prefixes["shared"]
        for interpreter in (sys.executable, "/usr/bin/python3"):
            try:
                prefix.run([interpreter, "-c", f"import {module}"])
            except Failed:
                continue
            expect_a_line(prefix.run([interpreter, "-B", HERE / name / "exchange.py"]))
            return
        raise Skipped(f"there is no Python with {module} on this machine")

    # Rust, where it lies: it names the crates of this repository

    def rust(self, linkage):
        prefix = self.prefixes[linkage]
        target = self.work / "cache" / f"rust-{linkage}"
        command = ["cargo", "run", "--quiet", "--offline", "--locked"]
        expect_a_line(prefix.run(command, cwd=HERE / "rust", CARGO_TARGET_DIR=target))
        expect_linkage(target / "debug" / "dumbo-consumer", linkage)

    # Go, where it lies: it names the module of this repository

    def go(self, linkage):
        prefix = self.prefixes[linkage]
        program = self.folder("go") / "exchange"
        cache = self.work / "cache" / "go"
        settings = {"GOFLAGS": "-mod=mod -buildvcs=false", "GOPROXY": "off", "GOCACHE": cache, "GOPATH": cache / "path"}
        # What is in the cache depends on CGO_CFLAGS, but not on what pkg-config says.
        settings["CGO_CFLAGS"] = f"-g -O2 -DPREFIX={linkage}"
        prefix.run(["go", "build", "-o", program, "."], cwd=HERE / "go", **settings)
        expect_a_line(prefix.run([program]))
        expect_c_linkage(program, linkage)


def table_of(consumers):
    table = Table()
    table.add("Meson, subproject", "shared", consumers.meson_lenient_parent)
    table.add("Meson, subproject, every warning", "static", consumers.meson_strict_parent)
    table.add("Meson, fallback, C alone, LTO", "static", consumers.meson_fallback)
    table.add("C11, libdumbo.a by its path", "static", consumers.c_archive)
    table.add("C11, pkg-config --static", "all static", consumers.c_without_shared_libraries)
    table.add("C++20, C++ headers", "static", partial(consumers.cxx_with_headers, "static"))
    table.add("C++20, C++ headers", "static beside shared", partial(consumers.cxx_with_headers, "shared"))
    table.add("C++20, each C++ header alone", "none", consumers.cxx_headers)
    table.add("CMake, versions", "none", consumers.cmake_versions)
    table.add("pkg-config, dumbo.pc", "static", consumers.pkg_config_file)
    table.add("Python, ctypes", "shared", partial(consumers.python, "python-ctypes", "ctypes"))
    table.add("Python, cffi", "shared", partial(consumers.python, "python-cffi", "cffi"))
    for linkage in ("shared", "static"):
        table.add("Rust, cargo", linkage, partial(consumers.rust, linkage))
        table.add("Go, cgo", linkage, partial(consumers.go, linkage))
        for standard in ("c99", "c11"):
            table.add(f"{standard.upper()}, pkg-config", linkage, partial(consumers.c, standard, linkage))
        table.add("C++20, dumbo.h", linkage, partial(consumers.cxx_on_c_interface, linkage))
        table.add("Meson, installed", linkage, partial(consumers.meson_system, linkage))
        table.add("CMake, pkg-config", linkage, partial(consumers.cmake_pkg_config, linkage))
        table.add("CMake, package", linkage, partial(consumers.cmake_package, linkage))
        for number, (block, said) in enumerate(readme.examples(consumers.source_root / "README.md"), 1):
            table.add(f"README, C example {number}", linkage, partial(consumers.readme_example, block, said, linkage))
    return table


def main():
    options = arguments()
    try:
        consumers = Consumers(options)
    except (Failed, Skipped) as reason:
        sys.exit(str(reason))
    table_of(consumers).only(options.only).run(at_a_time=2, require_all=options.require_all)


if __name__ == "__main__":
    main()
