# SPDX-License-Identifier: Apache-2.0
"""What programs are compiled with and abidw's description does not have: the numbers of enumerators and macros, the
alignment of each struct, and the smallest struct_size that the library accepts. They are on record as one line each,
"enum dumbo_state DUMBO_STATE_CLOSED 0", and this tells what has changed from one record to another: docs/abi.md has the
rules.
"""

from interface import COMPATIBLE, INCOMPATIBLE, Change


def program(header):
    """The source of one that prints the lines, with the numbers as the compiler has them."""
    values = {}
    for enum, names in header.enums.items():
        values |= {f"enum {enum} {name}": name for name in names}
    values |= {f"macro {name}": name for name in sorted(header.constants)}
    values |= {f"alignment of {struct}": f"alignof({struct})" for struct in header.structs}
    for struct in header.growing_structs:
        smallest = f"dumbo::capi::first_release_size(static_cast<const {struct}*>(nullptr))"
        values[f"smallest struct_size of {struct}"] = smallest

    prints = "\n".join(f'std::printf("{name} %lld\\n", static_cast<long long>({of}));' for name, of in values.items())
    return f"#include <arguments.hpp>\n#include <cstdio>\nint main() {{\n{prints}\n}}\n"


def read(text):
    """What it is the number of -> the number."""
    return {name: int(number) for name, _, number in (line.rpartition(" ") for line in text.splitlines())}


def changes(recorded, built):
    for name in sorted(recorded.keys() | built.keys()):
        if name not in built:
            yield Change(INCOMPATIBLE, f"{name} is gone")
        elif name not in recorded:
            yield change_of_new(name, built)
        elif built[name] != recorded[name]:
            yield Change(INCOMPATIBLE, f"{name} was {recorded[name]}, and is {built[name]}")


def change_of_new(name, built):
    """Within an enum no number has a second meaning. A second name for the same meaning is a macro."""
    enum, _, _ = name.rpartition(" ")
    others = [one for one in built if one != name and one.startswith(f"{enum} ") and built[one] == built[name]]
    if enum.startswith("enum ") and others:
        return Change(INCOMPATIBLE, f"{name} is new, {built[name]}, as {others[0]} is")
    return Change(COMPATIBLE, f"{name} is new, {built[name]}")
