# SPDX-License-Identifier: Apache-2.0
"""Manual pages of section 3 in mdoc, from the XML that doxygen makes of dumbo.h: one for each function, struct, enum and
type of its own, and an overview, dumbo(3)."""

import os
import re
import textwrap
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field

BLOCKS = {"parameterlist", "simplesect", "itemizedlist", "preformatted", "verbatim"}
BANNER = re.compile(r"^/\* -{20,} (.+?) ---- \*/$")


@dataclass
class Text:
    """A comment, taken apart."""

    paragraphs: list = field(default_factory=list)  # each a string, or a list of strings (bullets), or ("code", string)
    parameters: list = field(default_factory=list)  # (name, string)
    codes: list = field(default_factory=list)  # (code, string)
    result: str = ""


def flat(element):
    """The words of an element."""
    return "" if element is None else re.sub(r"\s+", " ", "".join(element.itertext()))


def parameter_items(element):
    for item in element.findall("parameteritem"):
        names = " ".join(flat(name).strip() for name in item.iter("parametername"))
        yield names, flat_paragraphs(item.find("parameterdescription"))


def flat_paragraphs(element):
    return " ".join(flat(para).strip() for para in element.findall("para")).strip()


def add_words(words, text):
    words = re.sub(r"\s+", " ", words).strip()
    if words:
        text.paragraphs.append(words)


def read_para(para, text):
    """What lies between lists and blocks is a paragraph of its own."""
    words = para.text or ""
    for child in para:
        if child.tag not in BLOCKS:
            words += flat(child) + (child.tail or "")
            continue
        add_words(words, text)
        words = child.tail or ""
        if child.tag == "itemizedlist":
            text.paragraphs.append([flat_paragraphs(item) for item in child.findall("listitem")])
        elif child.tag in ("preformatted", "verbatim"):
            text.paragraphs.append(("code", "".join(child.itertext()).strip("\n")))
        elif child.tag == "parameterlist" and child.get("kind") == "param":
            text.parameters += parameter_items(child)
        elif child.tag == "parameterlist":
            text.codes += parameter_items(child)
        elif child.get("kind") == "return":
            text.result = flat_paragraphs(child)
    add_words(words, text)


def read_text(member):
    text = Text()
    for kind in ("briefdescription", "detaileddescription"):
        for para in member.find(kind).findall("para"):
            read_para(para, text)
    return text


def all_words(member):
    """A short description, of a field or an enumerator."""
    text = read_text(member)
    return " ".join(one for one in text.paragraphs if isinstance(one, str))


# ------------------------------------------------------------------------------------------------------- mdoc ----


def escaped(words):
    """Dots of a range end no sentence."""
    return words.replace("\\", "\\e").replace(" ... ", " \\&...\\& ")


def lines(words):
    """Text lines, a sentence begins a new one. A call with a blank before it becomes a macro of its own."""
    result = []
    words = escaped(words).replace("see the conventions", "see the conventions in dumbo(3)")
    for part in re.split(r"(?<!\S)(dumbo_\w+\(\)[.,;:]*)(?!\S)", words):
        call = re.fullmatch(r"(dumbo_\w+)\(\)([.,;:]*)", part)
        if call:
            result.append(" ".join([".Fn", call.group(1), *call.group(2)]))
            continue
        for sentence in re.split(r"(?<=[^.][.?])\s+", part.strip()):
            for line in textwrap.wrap(sentence, 100, break_long_words=False, break_on_hyphens=False):
                result.append("\\&" + line if line[0] in ".'" else line)
    return result


def description(text):
    page = []
    for paragraph in text.paragraphs:
        if isinstance(paragraph, list):
            page.append(".Bl -bullet")
            for item in paragraph:
                page += [".It", *lines(item)]
            page.append(".El")
        elif isinstance(paragraph, tuple):
            page += [".Bd -literal -offset indent", escaped(paragraph[1]), ".Ed"]
        else:
            page += [*([".Pp"] if page else []), *lines(paragraph)]
    return page


def tagged(items, macro):
    if not items:
        return []
    page = [".Bl -tag -width Ds"]
    for name, words in items:
        page += [f".It {macro} {name}", *lines(words)]
    return [*page, ".El"]


def section(title, content):
    return [f".Sh {title}", *content] if content else []


def today():
    """Of the build, unless it is to be the same every day: SOURCE_DATE_EPOCH."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    moment = time.gmtime(seconds)
    return f"{time.strftime('%B', moment)} {moment.tm_mday}, {moment.tm_year}"


def one_line(words):
    sentence = re.split(r"(?<=[a-z0-9)\"])[.:;](?= |$)", words)[0]
    begins_a_word = sentence[1:2].islower() or sentence.startswith("A ")
    return (sentence[0].lower() if begins_a_word else sentence[0]) + sentence[1:].rstrip(".")


def page(name, what, *sections):
    head = [f".Dd {today()}", f".Dt {name.upper()} 3", ".Os libdumbo", ".Sh NAME", f".Nm {name}", f".Nd {escaped(what)}"]
    return "\n".join([*head, *(line for one in sections for line in one)]) + "\n"


# --------------------------------------------------------------------------------------- what the last lines say ----


def take_history(text):
    """Cuts "RFC 9293, 3.10. Pure. Since 0.1." off: what follows a standard, and since when it is there."""
    if not text.paragraphs or not isinstance(text.paragraphs[-1], str):
        return "", ""
    since = re.search(r"\bSince (\d+\.\d+)\.$", text.paragraphs[-1])
    if not since:
        return "", ""
    rest = text.paragraphs.pop()[: since.start()].strip()
    standards = re.search(r"(?:^|(?<=\. ))((?:IEEE|RFC) \d.*?)\s*((?:Pure\.)?)$", rest)
    if standards:
        rest = rest[: standards.start()] + standards.group(2)
    add_words(rest, text)
    return standards.group(1) if standards else "", since.group(1)


def endings(text, standard, since, related):
    pages = [f".Xr {name} 3" for name in ["dumbo", *related]]
    return [
        *section("SEE ALSO", [line + (" ," if index + 1 < len(pages) else "") for index, line in enumerate(pages)]),
        *section("STANDARDS", lines(standard)),
        *section("HISTORY", [f"It is there since libdumbo {since}."] if since else []),
    ]


def named_in(element, names):
    """What an element names, in its comments and declarations."""
    return set(re.findall(r"\bdumbo_\w+", " ".join(element.itertext()))) & names


def ways(elements, kinds):
    """What each page leads to: what it names, and from a type also to what names it."""
    named = {name: named_in(element, elements.keys()) - {name} for name, element in elements.items()}
    back = {name: {other for other in named if name in named[other] and kinds[name] != "function"} for name in named}
    return {name: sorted(named[name] | back[name]) for name in named}


# --------------------------------------------------------------------------------------------------- the pages ----


def function_page(member, related):
    name = member.findtext("name")
    text = read_text(member)
    summary = one_line(text.paragraphs[0])
    standard, since = take_history(text)
    synopsis = [".In dumbo/dumbo.h", f".Ft \"{flat(member.find('type')).strip()}\"", f".Fo {name}"]
    for parameter in member.findall("param"):
        declared = flat(parameter.find("type")).strip()
        if parameter.find("declname") is not None:
            joint = "" if declared.endswith("*") else " "
            declared += joint + parameter.findtext("declname") + (parameter.findtext("array") or "")
        synopsis.append(f'.Fa "{declared}"')
    synopsis.append(".Fc")
    good = [item for item in text.codes if item[0] == "DUMBO_OK"]
    bad = [item for item in text.codes if item[0] != "DUMBO_OK"]
    returned = lines(text.result) or (
        [".Dv DUMBO_OK ,", "or one of the codes below."] if good and bad else []
    )
    return page(
        name, summary,
        section("SYNOPSIS", synopsis),
        section("DESCRIPTION", [*description(text), *tagged(text.parameters, "Fa")]),
        section("RETURN VALUES", returned),
        section("ERRORS", tagged(bad, "Dv")),
        endings(text, standard, since, related),
    )


def struct_page(compound, related):
    name = compound.findtext("compoundname")
    text = read_text(compound)
    summary = one_line(text.paragraphs[0])
    standard, since = take_history(text)
    synopsis, fields = [".In dumbo/dumbo.h", ".Bd -literal", f"typedef struct {name} {{"], []
    for member in compound.iter("memberdef"):
        declared = flat(member.find("type")).strip()
        joint = "" if declared.endswith("*") or "(*" in declared else " "
        synopsis.append(f"    {declared}{joint}{member.findtext('name')}{member.findtext('argsstring') or ''};")
        fields.append((member.findtext("name"), all_words(member)))
    synopsis += [f"}} {name};", ".Ed"]
    return page(
        name, summary,
        section("SYNOPSIS", synopsis),
        section("DESCRIPTION", [*description(text), *tagged(fields, "Va")]),
        endings(text, standard, since, related),
    )


def enum_page(member, related):
    name = member.findtext("name")
    text = read_text(member)
    summary = one_line(text.paragraphs[0])
    standard, since = take_history(text)
    values = [
        (f"{value.findtext('name')} {value.findtext('initializer').lstrip('= ')}", all_words(value))
        for value in member.findall("enumvalue")
    ]
    return page(
        name, summary,
        section("SYNOPSIS", [".In dumbo/dumbo.h", f".Vt enum {name} ;"]),
        section("DESCRIPTION", [*description(text), *tagged(values, "Dv")]),
        endings(text, standard, since, related),
    )


def typedef_page(member, related):
    name = member.findtext("name")
    text = read_text(member)
    summary = one_line(text.paragraphs[0])
    standard, since = take_history(text)
    declared = re.sub(r"\s+", " ", member.findtext("definition"))
    return page(
        name, summary,
        section("SYNOPSIS", [".In dumbo/dumbo.h", f".Vt {escaped(declared)} ;"]),
        section("DESCRIPTION", description(text)),
        endings(text, standard, since, related),
    )


def chapters(header):
    """The headings that divide the header, each with its line."""
    found = [(0, "")]
    for number, line in enumerate(header.read_text(encoding="utf-8").splitlines(), 1):
        banner = BANNER.match(line)
        if banner:
            found.append((number, banner.group(1)))
    return found


def chapter_of(member, all_chapters):
    line = int(member.find("location").get("line"))
    return [title for start, title in all_chapters if start <= line][-1]


def overview_page(compound, members, structs, header, version):
    text = read_text(compound)
    content = description(text)
    all_chapters = chapters(header)
    listing = []
    for _, title in all_chapters[1:]:
        entries = [
            f".Xr {member.findtext('name') or member.findtext('compoundname')} 3"
            for member in sorted([*members, *structs], key=lambda one: int(one.find("location").get("line")))
            if chapter_of(member, all_chapters) == title
        ]
        entries = [line + (" ," if index + 1 < len(entries) else "") for index, line in enumerate(entries)]
        listing += section_of_list(title, entries)
    constants = [
        (f"{one.findtext('name')} {one.findtext('initializer')}", all_words(one))
        for one in compound.iter("memberdef")
        if one.get("kind") == "define" and one.find("initializer") is not None and one.findtext("name") != "DUMBO_API"
    ]
    return page(
        "dumbo", "a TCP endpoint for virtual machine monitors",
        section("LIBRARY", [f"libdumbo {version} (libdumbo, \\-ldumbo)"]),
        section("SYNOPSIS", [".In dumbo/dumbo.h"]),
        section("DESCRIPTION", content),
        section("FUNCTIONS AND TYPES", [".Bl -tag -width Ds", *listing, ".El"]),
        section("CONSTANTS", tagged(constants, "Dv")),
    )


def section_of_list(title, entries):
    return [f".It {title}", *entries] if entries else []


def write(xml_folder, header, version, man_folder):
    """Writes all pages; returns how many."""
    compound = xml.parse(xml_folder / "dumbo_8h.xml").getroot().find("compounddef")
    structs = [
        xml.parse(xml_folder / f"{inner.get('refid')}.xml").getroot().find("compounddef")
        for inner in compound.findall("innerclass")
    ]
    makers = {"function": function_page, "enum": enum_page, "typedef": typedef_page}
    members = [
        one for one in compound.iter("memberdef")
        if one.get("kind") in makers and not one.findtext("name").startswith("@")
    ]
    names = [one.findtext("name") for one in members] + [one.findtext("compoundname") for one in structs]
    if len(names) != len(set(names)):
        raise ValueError(f"two pages of one name: {sorted(name for name in names if names.count(name) > 1)}")
    elements = dict(zip(names, [*members, *structs]))
    related = ways(elements, {name: element.get("kind") for name, element in elements.items()})
    pages = {name: makers.get(one.get("kind"), struct_page)(one, related[name]) for name, one in elements.items()}
    pages["dumbo"] = overview_page(compound, members, structs, header, version)
    man_folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages.items():
        (man_folder / f"{name}.3").write_text(content, encoding="utf-8")
    return len(pages)
