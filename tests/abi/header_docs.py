# SPDX-License-Identifier: Apache-2.0
"""Every declaration of dumbo.h is exported, named as it should be, and documented, since when included; and what comments
mention exists. That they have each parameter and each code is looked at by tests/docs/codes.py.

Usage: header_docs.py HEADER VERSION_HEADER
"""

import re
import sys

import header
from toolbox import Complaints


def main():
    contents = header.read(sys.argv[1])
    version_macros = set(re.findall(r"#define (\w+)", open(sys.argv[2], encoding="utf-8").read()))
    complaints = Complaints("dumbo.h")
    functions = {function.name: function for function in contents.functions}

    for function in contents.functions:
        name = function.name
        complaints.expect(function.exported, f"{name} lacks DUMBO_API")
        complaints.expect(name.startswith("dumbo_"), f"{name} lacks the prefix")
        if not function.comment.startswith("/**"):
            complaints.add(f"{name} has no doc comment")
            continue
        complaints.expect(re.search(r"\bSince \d+\.\d+", function.comment), f"{name} does not say since when")

    for definition in contents.definitions:
        complaints.expect(definition.comment.startswith("/**"), f"{definition.name} has no doc comment")
        opaque = definition.name == "dumbo_connection"  # as old as the functions that take it
        complaints.expect(
            opaque or "Since" in definition.comment, f"the comment of {definition.name} does not say since when"
        )

    for macro in contents.macros | version_macros:
        complaints.expect(macro.startswith("DUMBO_"), f"the macro {macro} lacks the prefix")
    for enumerator in contents.enumerators:
        complaints.expect(enumerator.startswith("DUMBO_"), f"the enumerator {enumerator} lacks the prefix")

    known = contents.macros | contents.enumerators | version_macros | {"DUMBO_STATIC", "DUMBO_BUILDING"}
    for name in sorted(set(re.findall(r"\bDUMBO_\w+\*?", contents.comments))):
        if name.endswith("*"):
            exists = any(one.startswith(name[:-1]) for one in known)
            complaints.expect(exists, f"a comment mentions {name}: there is none")
        elif not name.endswith("_"):
            complaints.expect(name in known, f"a comment mentions {name}, which does not exist")
    for name in sorted(set(re.findall(r"\b(dumbo_\w+)\(\)", contents.comments))):
        complaints.expect(name in functions, f"a comment mentions {name}(), which does not exist")
    complaints.finish(f"{len(functions)} functions and {len(contents.definitions)} types, all documented")


if __name__ == "__main__":
    main()
