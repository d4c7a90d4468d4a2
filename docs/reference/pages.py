# SPDX-License-Identifier: Apache-2.0
"""The pages of docs/ and the header as doxygen takes them."""

import re

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
STRUCT_SIZE = "uint32_t struct_size;"


def with_diagrams(text):
    """Behind the paragraph that leads to a diagram stands the diagram itself."""
    paragraphs = text.split("\n\n")
    for index, paragraph in enumerate(paragraphs):
        for name in re.findall(r'<a href="(\w+\.svg)">', paragraph):
            paragraphs[index] += f'\n\n<img src="{name}" alt="{name}" style="max-width: 100%">'
    return "\n\n".join(paragraphs)


def slug(heading):
    """The anchor that a forge gives a heading."""
    plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def slugs_of(headings):
    """The anchors of all headings of a page: one that comes again is numbered."""
    slugs = []
    for heading in headings:
        plain = slug(heading)
        before = sum(re.fullmatch(rf"{re.escape(plain)}(-\d+)?", one) is not None for one in slugs)
        slugs.append(f"{plain}-{before}" if before else plain)
    return slugs


def anchor(page, fragment):
    return f"{page.stem}-{fragment}"


def with_anchors(page, text):
    """Headings with the anchors that links go to: doxygen does not give them those of a forge."""
    slugs = iter(slugs_of(re.findall(HEADING, text)))
    return re.sub(HEADING, lambda match: f"{match.group(0)} {{#{anchor(page, next(slugs))}}}", text)


def with_links(page, docs, text):
    """Links between pages stay links, and so do those to what lies beside them in the reference. Others become text."""

    def link(match):
        words, target = match.groups()
        if re.match(r"https?:", target):
            return match.group()
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if file.parent == docs and file.suffix == ".md":
            return f"[{words}](@ref {anchor(file, fragment) if fragment else f'page-{file.stem}'})"
        if file.name == "dumbo.h":
            return f"[{words.replace('`', '')}](@ref dumbo.h)"
        if file.suffix == ".dot":
            return f'<a href="{file.stem}.svg">{words}</a>'
        if file.parent == docs / "guide" and file.is_file():
            return f'<a href="{file.name}">{words}</a>'
        return words

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def without_code(text):
    """Fenced blocks made empty, so that a # in them is no heading; and a list of what was in them."""
    blocks = re.findall(FENCED, text)
    return re.sub(FENCED, "```\n```", text), blocks


def with_code(text, blocks):
    remaining = iter(blocks)
    return re.sub(FENCED, lambda _: next(remaining), text)


def page_for_doxygen(page, docs):
    prose, blocks = without_code(page.read_text(encoding="utf-8"))
    title, rest = re.fullmatch(r"# (.+?)\n(.*)", prose, re.DOTALL).groups()
    rest = re.sub(r"^<!-- .*? -->\n", "", rest, flags=re.MULTILINE)
    rest = with_diagrams(with_links(page, docs, with_anchors(page, rest)))
    return with_code(f"# {title} {{#page-{page.stem}}}\n{rest}", blocks)


def header_for_doxygen(header):
    """What goes without saying in the header, as it is the same everywhere, is said once here."""
    text = header.read_text(encoding="utf-8")
    text = text.replace(STRUCT_SIZE, f"{STRUCT_SIZE} /**< sizeof the struct, set by the caller: see the conventions */")
    return text
