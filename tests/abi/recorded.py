# SPDX-License-Identifier: Apache-2.0
"""What the compiler holds the public structs and numbers to is complete: layout.c has the size and alignment of
each struct and the place of each field of dumbo.h, numbers.c has each number. Both are compiled with the tests, where a
change of what they say is an error. What is complained of here is new: it is to be written down there.

The sizes that structs with struct_size have had in releases are likewise in released_sizes.hpp.

Usage: recorded.py HEADER LAYOUT NUMBERS RELEASED_SIZES
"""

import re
import sys
from pathlib import Path

import header
from toolbox import Complaints


def recorded(path, pattern):
    """What the lines of this form name."""
    lines = re.finditer(rf"^{pattern}$", Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return {".".join(line.groups()) for line in lines}


def main():
    header_path, layout, numbers_path, released_sizes = sys.argv[1:]
    contents = header.read(header_path)
    structs = set(contents.structs)
    fields = {f"{struct}.{name}" for struct, names in contents.structs.items() for name in names}
    numbers = contents.enumerators | contents.constants

    complaints = Complaints("recorded")
    value = r"[^,;]+\);"
    complaints.compare("dumbo.h", structs, "the sizes of layout.c", recorded(layout, rf"SIZE\((\w+), {value}"))
    alignments = recorded(layout, rf"ALIGNMENT\((\w+), {value}")
    complaints.compare("dumbo.h", structs, "the alignments of layout.c", alignments)
    complaints.compare("dumbo.h", fields, "layout.c", recorded(layout, rf"FIELD\((\w+), (\w+), [^,;]+, {value}"))
    complaints.compare("dumbo.h", numbers, "numbers.c", recorded(numbers_path, rf"NUMBER\((\w+), {value}"))
    sizes = recorded(released_sizes, r"inline Sizes released_sizes\(const (\w+)\* .*")
    complaints.compare("dumbo.h", set(contents.growing_structs), "released_sizes.hpp", sizes)
    complaints.finish(f"{len(structs)} structs, {len(fields)} fields, {len(numbers)} numbers")


if __name__ == "__main__":
    main()
