# SPDX-License-Identifier: Apache-2.0
"""The header of a later release: each struct with struct_size has grown by a field, which leaves no padding before it.

Usage: grow.py HEADER OUTPUT
"""

import re
import sys
from pathlib import Path

STRUCT = re.compile(r"(typedef struct (\w+) \{\n    uint32_t struct_size;.*?)(\n\} \2;)", re.DOTALL)


def main():
    source, output = map(Path, sys.argv[1:])
    text, count = STRUCT.subn(r"\1\n    uint8_t of_a_later_release[8];\3", source.read_text(encoding="utf-8"))
    if count == 0:
        sys.exit("no struct has struct_size")
    output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
