# SPDX-License-Identifier: Apache-2.0
"""Reads descriptions of the binary interface, as abidw writes them, and tells what has changed from one to another, and
whether programs that were built with the one run with the other: docs/abi.md has the rules.

abidiff's own suppressions do not do for this: one that lets a struct grow at its end lets the same struct's other fields
change, too.
"""

import re
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field

COMPATIBLE = "compatible"
INCOMPATIBLE = "INCOMPATIBLE"


@dataclass(frozen=True)
class Field:
    type: str
    start: int
    end: int

    def __str__(self):
        return f"{self.type} at {self.start}"


@dataclass
class Struct:
    size: int
    fields: dict  # name -> Field


@dataclass
class Interface:
    soname: str
    symbols: dict = field(default_factory=dict)  # name -> version
    functions: dict = field(default_factory=dict)  # name -> signature
    structs: dict = field(default_factory=dict)  # name -> Struct


@dataclass(frozen=True)
class Change:
    verdict: str
    text: str

    def __str__(self):
        return f"{self.verdict}: {self.text}"


class Types:
    """What the ids of a description stand for. Typedefs are looked through: they are names for the same thing."""

    def __init__(self, root):
        self.by_id = {element.get("id"): element for element in root.iter() if element.get("id")}

    def name(self, type_id):
        element = self.by_id[type_id]
        tag = element.tag
        if tag == "type-decl":
            return element.get("name").removesuffix(" int")  # some compilers say it, some do not
        if tag == "typedef-decl":
            return self.name(element.get("type-id"))
        if tag == "pointer-type-def":
            return self.name(element.get("type-id")) + "*"
        if tag == "qualified-type-def":
            qualifiers = [word for word in ("const", "volatile", "restrict") if element.get(word) == "yes"]
            return " ".join([self.name(element.get("type-id")), *qualifiers])
        if tag == "array-type-def":
            lengths = "".join(f"[{one.get('length')}]" for one in element.findall("subrange"))
            return self.name(element.get("type-id")) + lengths
        if tag == "function-type":
            return self.signature(element)
        if tag in ("class-decl", "enum-decl"):
            return f"{tag.partition('-')[0]} {element.get('name')}"
        raise ValueError(f"there is no rule for a {tag}")

    def signature(self, element):
        parameters = [self.name(one.get("type-id")) for one in element.findall("parameter")]
        return f"{self.name(element.find('return').get('type-id'))}({', '.join(parameters)})"

    def size(self, type_id):
        element = self.by_id[type_id]
        bits = element.get("size-in-bits")
        return int(bits) // 8 if bits else self.size(element.get("type-id"))

    def struct(self, element):
        fields = {}
        for member in element.findall("data-member"):
            variable = member.find("var-decl")
            start = int(member.get("layout-offset-in-bits")) // 8
            type_id = variable.get("type-id")
            fields[variable.get("name")] = Field(self.name(type_id), start, start + self.size(type_id))
        return Struct(int(element.get("size-in-bits")) // 8, fields)


def read(text):
    root = xml.fromstring(text)
    types = Types(root)
    interface = Interface(root.get("soname"))
    for symbol in root.iter("elf-symbol"):
        interface.symbols[symbol.get("name")] = symbol.get("version")
    for function in root.iter("function-decl"):
        interface.functions[function.get("name")] = types.signature(function)
    for struct in root.iter("class-decl"):
        if struct.get("is-declaration-only") != "yes":
            interface.structs[struct.get("name")] = types.struct(struct)
    for name in set(interface.symbols) - set(interface.functions):
        raise ValueError(f"{name} has no description: it was compiled without debug information, or is no function")
    return interface


def changes_of_symbols(recorded, built):
    for name, version in recorded.symbols.items():
        if name not in built.symbols:
            yield Change(INCOMPATIBLE, f"{name} is gone")
        elif built.symbols[name] != version:
            yield Change(INCOMPATIBLE, f"{name} was {name}@{version}, and is {name}@{built.symbols[name]}")
        elif built.functions[name] != recorded.functions[name]:
            yield Change(INCOMPATIBLE, f"{name} was {recorded.functions[name]}, and is {built.functions[name]}")
    nodes_on_record = set(recorded.symbols.values())
    for name in built.symbols.keys() - recorded.symbols.keys():
        node = built.symbols[name]
        if node in nodes_on_record:
            yield Change(INCOMPATIBLE, f"{name} is new, in {node}, which is on record: no node of a release ever changes")
        else:
            yield Change(COMPATIBLE, f"{name} is new, in {node}")


def bytes_of(fields, is_wanted):
    return {byte for name, one in fields.items() if is_wanted(name) for byte in range(one.start, one.end)}


def is_reserved(name):
    return re.fullmatch(r"reserved\d*", name) is not None


def changes_of_struct(name, recorded, built):
    """Fields stay what and where they are. New ones take bytes that were reserved, and so are zero in what programs pass
    in, or follow where struct_size tells the library how far the caller's struct goes."""
    for one, place in recorded.fields.items():
        if not is_reserved(one) and one not in built.fields:
            yield Change(INCOMPATIBLE, f"{name}.{one} is gone")
        elif not is_reserved(one) and built.fields[one] != place:
            yield Change(INCOMPATIBLE, f"{name}.{one} was {place}, and is {built.fields[one]}")

    free = bytes_of(recorded.fields, is_reserved)
    for one, place in built.fields.items():
        if recorded.fields.get(one) == place:
            continue
        fits = place.start >= recorded.size or free.issuperset(range(place.start, place.end))
        if one not in recorded.fields or is_reserved(one):
            yield Change(COMPATIBLE if fits else INCOMPATIBLE, f"{name}.{one} is new, {place}")
    if missing := set(range(built.size)) - bytes_of(built.fields, lambda _: True):
        yield Change(INCOMPATIBLE, f"{name} has padding at {sorted(missing)}")

    if built.size != recorded.size:
        may_grow = built.size > recorded.size and "struct_size" in recorded.fields
        yield Change(
            COMPATIBLE if may_grow else INCOMPATIBLE, f"{name} had {recorded.size} bytes, and has {built.size}"
        )


def changed_structs(recorded, built):
    both = recorded.structs.keys() & built.structs.keys()
    return sorted(name for name in both if recorded.structs[name] != built.structs[name])


def changes(recorded, built):
    found = list(changes_of_symbols(recorded, built))
    for name in sorted(recorded.structs.keys() | built.structs.keys()):
        if name not in built.structs:
            found.append(Change(INCOMPATIBLE, f"{name} is gone"))
        elif name not in recorded.structs:
            found.append(Change(COMPATIBLE, f"{name} is new"))
        else:
            found += changes_of_struct(name, recorded.structs[name], built.structs[name])
    return found


def verdict(found):
    """None if nothing has changed."""
    verdicts = {change.verdict for change in found}
    return INCOMPATIBLE if INCOMPATIBLE in verdicts else COMPATIBLE if verdicts else None
