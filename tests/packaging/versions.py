# SPDX-License-Identifier: Apache-2.0
"""The version and the list of symbols are the same wherever they stand."""

import re
import sys

from release import argument_parser

UNRELEASED = "Unreleased"


def only(pattern, path):
    """What the pattern, in its groups, finds first in a file."""
    match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        sys.exit(f"{path}: nothing looks like {pattern}")
    return match.groups()


def changelog(root):
    """The version of the latest heading, and whether it is released: "## Unreleased (0.1.0)" or "## 0.1.0 (2026-11-30)"."""
    first, second = only(r"^## (\S+) \((\S+)\)$", root / "CHANGELOG.md")
    if first == UNRELEASED:
        return second, False
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", second):
        sys.exit(f"CHANGELOG.md: {second} is not the date of a release")
    return first, True


def debian_changelog(root):
    package, version, distribution = only(r"\A(\S+) \((\S+)-\S+\) (\S+);", root / "debian" / "changelog")
    if package != "libdumbo":
        sys.exit(f"debian/changelog is of {package}")
    return version, distribution != "UNRELEASED"


def rust_packages(root):
    """What the packages of the Rust binding call themselves."""
    rust = root / "bindings" / "rust"
    for name in ("dumbo-sys", "dumbo") if rust.exists() else ():
        manifest = rust / name / "Cargo.toml"
        yield str(manifest.relative_to(root)), only(r'^version = "(.*)"$', manifest)[0]


def symbols(path, pattern):
    return set(re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))


def complaints_of_debian(root, version, soversion, is_released):
    debian, is_released_for_debian = debian_changelog(root)
    if debian != version:
        yield f"debian/changelog says {debian}, meson.build {version}"
    if is_released_for_debian and not is_released:
        yield "debian/changelog is for a distribution, but CHANGELOG.md calls this version unreleased"
    listed = symbols(root / "debian" / f"libdumbo{soversion}.symbols", r"^ (dumbo_\w+)@")
    for name in sorted(listed ^ symbols(root / "capi" / "libdumbo.map", r"^    (dumbo_\w+);")):
        yield f"{name} is either in debian/libdumbo{soversion}.symbols or in capi/libdumbo.map, not in both"


def main():
    options = argument_parser(__doc__).parse_args()
    root, version = options.source_root, options.version
    of_changelog, is_released = changelog(root)
    places = {"CHANGELOG.md": of_changelog, **dict(rust_packages(root))}
    complaints = [f"{place} says {found}, meson.build {version}" for place, found in places.items() if found != version]
    if (root / "debian").exists():  # which a release's tarball has not
        complaints += complaints_of_debian(root, version, options.soversion, is_released)
    print("\n".join(complaints) or f"{version} everywhere: meson.build, {', '.join(places)}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
