# SPDX-License-Identifier: Apache-2.0
"""A release in small: builds the library in a clone, makes the tarball (`meson dist`), builds that somewhere else, in other
circumstances, and compares all that both install, byte by byte.
"""

import collections
import re
import shlex
import sys
import tarfile
import tempfile
from pathlib import Path

from clone import clone
from commands import require, run
from installation import differences, expected, found, unusual_modes
from release import argument_parser

# A prefix and a libdir that no distribution's Meson has by itself: nothing may be where it is by habit.
DIRECTORIES = {"prefix": "/opt/dumbo", "libdir": "lib64", "bindir": "bin", "includedir": "include", "mandir": "man"}
# Neither a time nor a date may be compiled in.
COMPILER_FLAGS = "-Werror=date-time"

Circumstances = collections.namedtuple("Circumstances", "folder umask jobs environment")
OF_THE_CLONE = Circumstances(
    folder="clone",
    umask=0o022,
    jobs=1,
    environment={"TZ": "UTC", "LC_ALL": "C.UTF-8", "USER": "one", "HOME": "/nonexistent/one"},
)
OF_THE_TARBALL = Circumstances(
    folder="somewhere else with a longer name/unpacked",
    umask=0o077,
    jobs=3,
    environment={"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "USER": "another", "HOME": "/nonexistent/another"}
    | {"SOURCE_DATE_EPOCH": "1111111111", "OF_NO_USE": "x" * 5000},
)
# Of another time than the clone's files, and all of one time.
TIME_OF_UNPACKED_FILES = 1_000_000_000


def arguments():
    parser = argument_parser(__doc__)
    for name in ("--meson", "--cc", "--cxx"):
        parser.add_argument(name, nargs="+", required=True)
    parser.add_argument("--tools", action="store_true", help="build dumbo-mmds, too, which takes minutes")
    return parser.parse_args()


class Build:
    """A source below a folder, and what is made of it in these circumstances."""

    def __init__(self, options, circumstances, folder):
        self.meson = options.meson
        self.jobs = circumstances.jobs
        self.source = folder / circumstances.folder
        self.root = self.source / "root"
        self.tools = "enabled" if options.tools else "disabled"
        self.umask = circumstances.umask
        self.environment = circumstances.environment | {
            "CC": shlex.join(options.cc),
            "CXX": shlex.join(options.cxx),
            "CFLAGS": COMPILER_FLAGS,
            "CXXFLAGS": COMPILER_FLAGS,
            "CCACHE_DISABLE": "1",
        }
        self.source.mkdir(parents=True)

    def run_meson(self, *command):
        return run(*self.meson, *command, cwd=self.source, env=self.environment, umask=self.umask)

    def build_and_install(self):
        settings = ["-Ddefault_library=both", "-Dexamples=disabled", f"-Dtools={self.tools}", "--wrap-mode=nodownload"]
        settings += [f"-D{name}={path}" for name, path in DIRECTORIES.items()]
        self.run_meson("setup", "build", *settings)
        self.run_meson("compile", "-C", "build", "-j", self.jobs)
        self.run_meson("install", "-C", "build", "--no-rebuild", "--destdir", self.root)


def make_tarball(build, version):
    build.run_meson("dist", "-C", "build", "--no-tests", "--formats", "xztar")
    return build.source / "build" / "meson-dist" / f"dumbo-{version}.tar.xz"


def unpack(tarball, folder):
    """The files of a tarball with one folder at its top, into another folder; returns their names."""
    names = []
    with tarfile.open(tarball) as archive:
        for member in filter(tarfile.TarInfo.isfile, archive.getmembers()):
            member.name = member.name.partition("/")[2]
            member.mtime = TIME_OF_UNPACKED_FILES
            archive.extract(member, folder)
            names.append(Path(member.name))
    return names


def is_for_release(name):
    """Packaging for distributions is not in the tarball: it has their versions, and is on top of the tarball."""
    return name.parts[0] != "debian"


def sections(path):
    """The sections of an ELF file, by name."""
    listing = run("readelf", "--sections", "--wide", path)
    content = path.read_bytes()
    found_sections = {}
    for name, kind, offset, size in re.findall(r"\] (\S+) +([A-Z]\S*) +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+) ", listing):
        if kind != "NOBITS":
            found_sections[name] = content[int(offset, 16):int(offset, 16) + int(size, 16)]
    return found_sections


def members(path, folder):
    """The object files of an archive, taken out, by name."""
    folder.mkdir()
    run("ar", "x", path, cwd=folder)
    return {member.name: member for member in folder.iterdir()}


def differing(one, other):
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def where_they_differ(one, other, folder):
    """What differs inside of two files of the same name: sections, or members of an archive and their sections."""
    if one.suffix == ".a":
        ours, theirs = members(one, folder / "one"), members(other, folder / "other")
        if ours.keys() != theirs.keys():
            return f"members {sorted(ours.keys() ^ theirs.keys())}"
        changed = [name for name in sorted(ours) if ours[name].read_bytes() != theirs[name].read_bytes()]
        if not changed:
            return "the members' headers, or their order"
        of_first = differing(sections(ours[changed[0]]), sections(theirs[changed[0]]))
        return f"{len(changed)} members, of {changed[0]} the sections {', '.join(of_first)}"
    if one.read_bytes().startswith(b"\x7fELF"):
        return "sections " + (", ".join(differing(sections(one), sections(other))) or "in their headers")
    return "content"


def compare(one, other, folder):
    yield from differences(found(one), found(other), "the second build")
    for path in sorted(one.rglob("*")):
        twin = other / path.relative_to(one)
        if path.is_file() and not path.is_symlink() and twin.is_file() and path.read_bytes() != twin.read_bytes():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                yield f"{path.relative_to(one)} differs: {where_they_differ(path, twin, Path(scratch))}"


def main():
    options = arguments()
    require("git", "readelf", "ar")
    parts = ["library", "tools"] if options.tools else ["library"]
    directories = {name: str(Path(DIRECTORIES["prefix"]) / path) for name, path in DIRECTORIES.items()}
    wanted = expected(parts, version=options.version, soversion=options.soversion, **directories)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        first = Build(options, OF_THE_CLONE, folder)
        cloned = clone(options.source_root, first.source)
        first.build_and_install()
        second = Build(options, OF_THE_TARBALL, folder)
        unpacked = unpack(make_tarball(first, options.version), second.source)
        second.build_and_install()

        complaints = [*differences(set(map(str, filter(is_for_release, cloned))), set(map(str, unpacked)), "the tarball"),
                      *differences(set().union(*wanted.values()), found(first.root), "the first build"),
                      *unusual_modes(second.root), *compare(first.root, second.root, folder)]
        print("\n".join(complaints) or f"{len(unpacked)} files in the tarball; {len(found(first.root))} that are installed "
              "are the same, built from a clone and from the tarball")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
