#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Links between Markdown pages lead somewhere, docs/index.md leads to every page, program and diagram of docs/, and what
pages call dumbo_... or DUMBO_... stands in the header, or is a variable that the Rust crate's build looks at.

Usage: documents.py SOURCE_ROOT
"""

import pathlib
import re
import sys

import lint

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "docs/reference"))
import pages  # noqa: E402  (what makes the reference knows the anchors of headings, too)

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAME = re.compile(r"\b(?:dumbo|DUMBO)_\w+")


def prose(page):
    """What is no block of code."""
    text, _ = pages.without_code(page.read_text(encoding="utf-8"))
    return text


def links(page):
    return re.findall(LINK, re.sub(r"`[^`\n]*`", "code", prose(page)))


def anchors(page):
    return pages.slugs_of(re.findall(pages.HEADING, prose(page)))


def broken_links(page):
    for target in links(page):
        path, _, fragment = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{page}: {target} does not exist"
        elif fragment and file.suffix == ".md" and fragment not in anchors(file):
            yield f"{page}: {target}: there is no such heading"


def unknown_names(page, known):
    for name in sorted(set(re.findall(NAME, page.read_text(encoding="utf-8")))):
        if name.endswith("_"):  # DUMBO_ERR_*
            exists = any(one.startswith(name) for one in known)
        else:
            exists = name in known
        if not exists:
            yield f"{page}: {name} is not in the header"


def what_the_index_leaves_out(root):
    index = root / "docs/index.md"
    reached = {(index.parent / target.partition("#")[0]).resolve() for target in links(index)}
    for path in sorted(root.glob("docs/**/*")):
        wanted = path.suffix == ".dot" or (path.suffix == ".md" and path != index)
        if wanted and path not in reached:
            yield f"{index} does not lead to {path}"


def main(source_root):
    root = pathlib.Path(source_root).resolve()
    texts = [path for path in lint.project_files(root) if path.suffix == ".md"]
    known = set()
    for source in ("capi/include/dumbo/dumbo.h", "capi/include/dumbo/version.h.in", "bindings/rust/dumbo-sys/build.rs"):
        known |= set(re.findall(NAME, (root / source).read_text(encoding="utf-8")))
    complaints = [one for page in texts for one in (*broken_links(page), *unknown_names(page, known))]
    complaints += what_the_index_leaves_out(root)
    print("\n".join(complaints))
    print(f"{sum(len(links(page)) for page in texts)} links on {len(texts)} pages")
    return 1 if complaints or not texts else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
