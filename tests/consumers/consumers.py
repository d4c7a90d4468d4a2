# SPDX-License-Identifier: Apache-2.0
"""Builds and runs programs of users against the library, in each of the ways that the README promises.

Usage: consumers.py SOURCE_ROOT BUILD_ROOT --meson COMMAND... --cc COMMAND... --cxx COMMAND...
"""

import argparse
import sys
import tempfile
from pathlib import Path

from toolbox import WARNINGS, Failed, Installation, Table, run

HERE = Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("source_root", type=Path)
    parser.add_argument("build_root", type=Path)
    for name in ("--meson", "--cc", "--cxx"):
        parser.add_argument(name, nargs="+", required=True)
    return parser.parse_args()


class Consumers:
    def __init__(self, options, folder):
        self.options = options
        self.folder = Path(folder)
        self.installed = Installation(options.build_root, options.meson, folder)

    def c_program(self, name, *link_flags):
        program = self.folder / name
        compile_flags = ["-std=c11", *WARNINGS, *self.installed.flags("--cflags")]
        run([*self.options.cc, *compile_flags, HERE / "exchange.c", "-o", program, *link_flags])
        return program

    def c_shared(self):
        program = self.c_program("c-shared", *self.installed.flags("--libs"))
        if "libdumbo.so.0" not in run(["readelf", "--dynamic", program]):
            raise Failed("the program does not need the shared library")
        run([program], LD_LIBRARY_PATH=str(self.installed.libraries))

    def c_archive(self):
        """Named by its path, as the README says: the program needs nothing of ours at run time."""
        program = self.c_program("c-archive", self.installed.libraries / "libdumbo.a")
        for foreign in ("libdumbo", "libstdc++", "libgcc_s"):
            if foreign in run(["readelf", "--dynamic", program]):
                raise Failed(f"the program needs {foreign}")
        run([program])

    def c_static(self):
        run([self.c_program("c-static", "-static", *self.installed.flags("--static", "--libs"))])

    def cxx_archive(self):
        program = self.folder / "cxx-archive"
        run(
            [*self.options.cxx, "-std=c++20", *WARNINGS, *self.installed.flags("--cflags"), HERE / "exchange.cpp"]
            + ["-o", program, self.installed.libraries / "libdumbo.a"]
        )
        run([program])

    def cxx_headers(self):
        """Each header that the sources have is installed, with all that it includes."""
        everything = self.folder / "everything.cpp"
        headers = sorted((self.options.source_root / "include" / "dumbo").glob("*.hpp"))
        everything.write_text("".join(f"#include <dumbo/{header.name}>\n" for header in headers), encoding="ascii")
        flags = ["-std=c++20", *WARNINGS, "-fsyntax-only", *self.installed.flags("--cflags")]
        run([*self.options.cxx, *flags, everything])

    def cxx_with_c_header(self):
        """dumbo.h from C++, through the shared library."""
        program = self.folder / "cxx-c-header"
        run(
            [*self.options.cxx, "-std=c++20", *WARNINGS, "-x", "c++", *self.installed.flags("--cflags")]
            + [HERE / "exchange.c", "-o", program, *self.installed.flags("--libs")]
        )
        run([program], LD_LIBRARY_PATH=str(self.installed.libraries))

    def meson_project(self, default_library):
        project = self.folder / f"project-{default_library}"
        (project / "subprojects").mkdir(parents=True)
        (project / "subprojects" / "dumbo").symlink_to(self.options.source_root)
        for name in ("exchange.c", "exchange.cpp", "subproject/meson.build"):
            (project / Path(name).name).write_bytes((HERE / name).read_bytes())
        build = self.folder / f"build-{default_library}"
        # The subproject must do, even if a libdumbo is installed on this machine, and nothing may be downloaded for it.
        flags = ["--force-fallback-for=dumbo", "--wrap-mode=nodownload", f"-Ddefault_library={default_library}"]
        run([*self.options.meson, "setup", *flags, build, project])
        run([*self.options.meson, "compile", "-C", build])
        for program in ("exchange-c", "exchange-cpp"):
            run([build / program])


def main():
    options = arguments()
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        try:
            consumers = Consumers(options, folder)
        except Failed as failure:
            sys.exit(str(failure))
        table.attempt("C11, pkg-config", "shared", consumers.c_shared)
        table.attempt("C11, plain cc", "libdumbo.a", consumers.c_archive)
        table.attempt("C11, pkg-config --static", "all static", consumers.c_static)
        table.attempt("C++20, C++ headers", "libdumbo.a", consumers.cxx_archive)
        table.attempt("C++20, every C++ header", "installed", consumers.cxx_headers)
        table.attempt("C++20, dumbo.h", "shared", consumers.cxx_with_c_header)
        table.attempt("Meson subproject, C and C++", "shared", lambda: consumers.meson_project("shared"))
        table.attempt("Meson subproject, C and C++", "static", lambda: consumers.meson_project("static"))
    table.finish()


if __name__ == "__main__":
    main()
