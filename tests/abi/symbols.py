# SPDX-License-Identifier: Apache-2.0
"""The symbols that the shared library exports, the version script, and the functions of dumbo.h are the same set. Each is
in the node of the release that it is there since, by its comment.

Usage: symbols.py LIBRARY VERSION_SCRIPT HEADER
"""

import re
import sys
from pathlib import Path

import header
from toolbox import Complaints, run


def exported_symbols(library):
    """Name -> version, for everything that a program could link to. Version nodes themselves are not symbols."""
    symbols = {}
    for line in run("nm", "--dynamic", "--defined-only", "--with-symbol-versions", library).splitlines():
        kind, full_name = line.split()[-2:]
        name, _, version = full_name.partition("@@")
        if kind != "A":
            symbols[name] = version
    return symbols


def mapped_symbols(script, complaints):
    """Name -> version node, as the version script lists them."""
    text = re.sub(r"/\*.*?\*/", "", Path(script).read_text(encoding="utf-8"), flags=re.DOTALL)
    symbols = {}
    for node, body in re.findall(r"(\S+)\s*\{(.*?)\}[^;]*;", text, flags=re.DOTALL):
        complaints.expect(re.fullmatch(r"LIBDUMBO_\d+\.\d+", node), f"the node {node} is not named for a release")
        visible, _, local = body.partition("local:")
        names = re.findall(r"([^\s;]+)\s*;", visible.replace("global:", ""))
        complaints.expect(names == sorted(names), f"the symbols of {node} are not in order")
        for name in names:
            complaints.expect(name not in symbols, f"{name} is listed twice in the version script")
            complaints.expect(re.fullmatch(r"\w+", name), f"{name} in the version script is not one symbol's name")
            symbols[name] = node
        if local.strip():
            complaints.expect(local.split() == ["*;"], f"the node {node} hides only {local.strip()}")
    complaints.expect(re.search(r"local:\s*\*;", text), "the version script does not hide the rest")
    return symbols


def release_of(node):
    return tuple(map(int, re.findall(r"\d+", node)))


def nodes_by_comment(functions, nodes):
    """Name -> the node of the release that the function is there since. Those from before the first node, which is of the
    release that raised the soversion, are in it."""
    since = {function.name: re.search(r"\bSince (\d+\.\d+)", function.comment) for function in functions}
    by_comment = {name: f"LIBDUMBO_{found.group(1)}" for name, found in since.items() if found}
    first = min(nodes, key=release_of)
    return {name: max(node, first, key=release_of) for name, node in by_comment.items()}


def main():
    library, script, header_path = sys.argv[1:]
    complaints = Complaints("symbols")
    exported = exported_symbols(library)
    mapped = mapped_symbols(script, complaints)
    functions = header.read(header_path).functions
    declared = {function.name for function in functions}

    complaints.compare("the library", set(exported), "the version script", set(mapped))
    complaints.compare("the header", declared, "the version script", set(mapped))
    for name, node in nodes_by_comment(functions, mapped.values()).items():
        complaints.expect(mapped.get(name, node) == node, f"{name} is in {mapped.get(name)}, by its comment in {node}")
    for name, version in exported.items():
        complaints.expect(version == mapped.get(name, version), f"{name} has the version {version or 'none'}")
        complaints.expect(name.startswith("dumbo_"), f"{name} lacks the prefix")
    complaints.finish(f"{len(exported)} symbols, the same in library, version script and header")


if __name__ == "__main__":
    main()
