# SPDX-License-Identifier: Apache-2.0
"""Builds Debian's packages from a clone, and looks at them: what lintian says, which files each has, what each needs, and whether
the package's own tests pass on the files as they are installed. The suites do not run inside: they run anyway.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from clone import clone
from commands import require, run, skip
from installation import differences, expected, found, unusual_modes
from release import argument_parser


def build(source_root, version, folder):
    """Source and binary packages, into the folder. Returns the source, and the one file that lists them all."""
    source = folder / "clone"
    clone(source_root, source)
    run("git", "archive", f"--prefix=libdumbo-{version}/", "--output", f"../libdumbo_{version}.orig.tar.gz", "HEAD", cwd=source)
    missing = run("sh", "-c", "dpkg-checkbuilddeps -Pnocheck 2>&1 || true", cwd=source)
    if missing:
        skip(missing.strip())
    run("dpkg-buildpackage", "--unsigned-source", "--unsigned-changes", "--build-profiles=nocheck", cwd=source,
        env={"DEB_BUILD_OPTIONS": f"nocheck parallel={os.cpu_count()}"})
    changes, = folder.glob("*.changes")
    return source, changes


def field(package, name):
    return run("dpkg-deb", "--field", package, name).strip()


def needed_packages(package):
    return set(re.findall(r"(?:^|, )([^ ,]+)", field(package, "Depends")))


def library_folder():
    return Path("usr/lib") / run("dpkg-architecture", "--query", "DEB_HOST_MULTIARCH").strip()


def files_of_packages(version, soversion):
    """Package -> the files that it should have, besides documents. Everything that can be installed is in one."""
    names = {"version": version, "soversion": soversion, "libdir": f"/{library_folder()}", "bindir": "/usr/bin",
             "includedir": "/usr/include", "mandir": "/usr/share/man", "datadir": "/usr/share"}
    library, tools, reference = (expected([part], **names) for part in ("library", "tools", "reference"))
    return {
        f"libdumbo{soversion}": library["runtime"],
        "libdumbo-dev": library["devel"],
        "libdumbo-doc": reference["man"],  # the HTML is among its documents
        "dumbo-tools": tools["runtime"] | {f"{page}.gz" for page in tools["man"]},
    }


def is_usual_document(name, package):
    return name.startswith(f"/usr/share/doc/{package}/")


class Packages:
    """The packages in a folder: each unpacked for itself, and all into one root."""

    def __init__(self, folder, expected_files):
        self.folder = folder
        self.expected_files = expected_files
        self.root = folder / "root"
        self.files = {name: self.only(f"{name}_*.deb") for name in expected_files}
        for package in self.files.values():
            run("dpkg-deb", "--extract", package, self.root)

    def only(self, pattern):
        matches = list(self.folder.glob(pattern))
        if len(matches) != 1:
            sys.exit(f"{len(matches)} files {pattern} were built, not one")
        return matches[0]

    def complaints_of_content(self):
        for name, package in self.files.items():
            with tempfile.TemporaryDirectory() as alone:
                run("dpkg-deb", "--extract", package, alone)
                content = {file for file in found(alone) if not is_usual_document(file, name)}
                yield from differences(self.expected_files[name], content, name)
                yield from unusual_modes(alone)

    def complaints_of_needs(self, library):
        if (needed := needed_packages(self.files[library])) != {"libc6"}:
            yield f"{library} needs {', '.join(sorted(needed))}, not libc alone"
        for name in ("libdumbo-dev", "dumbo-tools"):
            if library not in needed_packages(self.files[name]):
                yield f"{name} does not need {library}"

    def run_own_tests(self, source):
        """What is in debian/tests, as if the packages were installed. Returns what dumbo-mmds says of its version."""
        libraries = self.root / library_folder()
        environment = {
            "LD_LIBRARY_PATH": str(libraries),
            "PKG_CONFIG_LIBDIR": str(libraries / "pkgconfig"),
            "PKG_CONFIG_SYSROOT_DIR": str(self.root),
            # Compilers do not search these folders by themselves, as they are below the root.
            "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
            "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
        }
        print(run("debian/tests/readme-examples", cwd=source, env=environment), end="")
        return run(self.root / "usr/bin/dumbo-mmds", "--version", env=environment).strip()


def main():
    options = argument_parser(__doc__).parse_args()
    if not (options.source_root / "debian").is_dir():
        skip("a release's tarball has no debian/ in it")
    require("git", "dpkg-buildpackage", "dh", "lintian")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        source, changes = build(options.source_root, options.version, folder)
        print(run("lintian", "--allow-root", "--fail-on", "error,warning", changes), end="")
        packages = Packages(folder, files_of_packages(options.version, options.soversion))
        complaints = [*packages.complaints_of_content(), *packages.complaints_of_needs(f"libdumbo{options.soversion}")]
        if (said := packages.run_own_tests(source)) != f"dumbo-mmds {options.version}":
            complaints.append(f"dumbo-mmds --version says {said}")
        print("\n".join(complaints) or f"built, examined and tried: {', '.join(path.name for path in packages.files.values())}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
