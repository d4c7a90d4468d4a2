# SPDX-License-Identifier: Apache-2.0
"""Reads dumbo.h as far as the lints need it: functions with their comments, structs with their fields, other
definitions, constants."""

import re
from dataclasses import dataclass, field
from pathlib import Path

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NO_NUMBERS = {"DUMBO_DUMBO_H", "DUMBO_API"}  # macros of other kinds
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n)*(?:\\.)?", re.MULTILINE)


@dataclass
class Function:
    name: str
    exported: bool  # carries DUMBO_API
    result: str
    parameters: list
    comment: str


@dataclass
class Definition:
    """A struct, enum or other type."""

    name: str
    comment: str


@dataclass
class Header:
    functions: list = field(default_factory=list)
    definitions: list = field(default_factory=list)
    structs: dict = field(default_factory=dict)  # name -> the names of its fields
    macros: set = field(default_factory=set)
    enums: dict = field(default_factory=dict)  # name -> the names of its enumerators
    comments: str = ""

    @property
    def enumerators(self):
        return {name for names in self.enums.values() for name in names}

    @property
    def constants(self):
        """The macros that are numbers."""
        return self.macros - NO_NUMBERS

    @property
    def growing_structs(self):
        return [struct for struct, names in self.structs.items() if "struct_size" in names]


def parameter_name(declaration):
    """The name in 'const uint8_t destination[6]'; empty for 'void'."""
    without_array = re.sub(r"\[[^\]]*\]", "", declaration).strip()
    return "" if without_array == "void" else re.findall(r"\w+", without_array)[-1]


def body(definition):
    return definition[definition.index("{") + 1 : definition.rindex("}")]


def pointed_to_function(declaration):
    """The name in 'void (*release)(void* user_data)', or None."""
    found = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
    return found and found.group(1)


def field_names(struct):
    declarations = [declaration.strip() for declaration in body(struct).split(";") if declaration.strip()]
    return [pointed_to_function(declaration) or parameter_name(declaration) for declaration in declarations]


def statements(text):
    """Top-level statements, each with the last comment before it."""
    depth = 0
    start = 0
    comment = ""
    position = 0
    while position < len(text):
        found = COMMENT.match(text, position)
        if found:
            if depth == 0 and not text[start:position].strip():
                comment = found.group()
                start = found.end()
            position = found.end()
            continue
        character = text[position]
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            yield text[start:position].strip(), comment
            comment = ""
            start = position + 1
        position += 1
    if text[start:].strip():
        raise ValueError(f"unfinished statement: {text[start:].strip()[:80]!r}")


def read(path):
    source = Path(path).read_text(encoding="utf-8")
    header = Header(
        macros=set(re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", source, re.MULTILINE)),
        comments="\n".join(COMMENT.findall(source)),
    )
    text = DIRECTIVE.sub("", source)
    # extern "C" surrounds everything else; its closing brace is the last thing in the header.
    opening = 'extern "C" {'
    before, after = text.split(opening)
    text = before + after[: after.rindex("}")] + after[after.rindex("}") + 1 :]

    for statement, comment in statements(text):
        plain = " ".join(COMMENT.sub(" ", statement).split())
        if plain.startswith(("typedef", "enum", "struct")):
            names = re.findall(r"\w+", plain.split("{")[0])
            is_struct = "struct" in names and "{" in plain
            name = names[-1] if is_struct else pointed_to_function(plain) or names[-1]
            header.definitions.append(Definition(name, comment))
            if is_struct:
                header.structs[name] = field_names(plain)
            if plain.startswith("enum"):
                header.enums[name] = re.findall(r"(\w+)[^,]*", body(plain))
            continue
        match = re.fullmatch(r"(DUMBO_API )?(.+?)(\w+)\((.*)\)", plain)
        if not match:
            raise ValueError(f"neither a type nor a function: {plain!r}")
        names = [parameter_name(one) for one in match.group(4).split(",")]
        header.functions.append(
            Function(
                name=match.group(3),
                exported=match.group(1) is not None,
                result=match.group(2).strip(),
                parameters=[name for name in names if name],
                comment=comment,
            )
        )
    return header
