# SPDX-License-Identifier: Apache-2.0
"""Every declaration of dumbo.h is exported and documented: what, each parameter, the codes, since when.

A comment may leave parameters to another function's ("Parameters as for dumbo_x()", "those of dumbo_x()"). A parameter
called `connection` that comes first is the subject of the sentence and need not be named.

Usage: header_docs.py HEADER VERSION_HEADER
"""

import re
import sys

import header
from toolbox import Complaints


def references(comment):
    """The functions whose comments this one builds on."""
    text = " ".join(re.sub(r"^\s*\*", " ", comment, flags=re.MULTILINE).split())
    return re.findall(r"(?:as for|those of|otherwise as) (dumbo_\w+)\(\)", text, re.IGNORECASE)


def words_of(function, functions, seen=()):
    """All words that document a function, those of the comments it builds on included."""
    words = set(re.findall(r"\w+", function.comment))
    for name in references(function.comment):
        if name in functions and name not in seen:
            words |= words_of(functions[name], functions, (*seen, function.name))
    return words


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
        words = words_of(function, functions)
        for index, parameter in enumerate(function.parameters):
            is_subject = index == 0 and parameter == "connection"
            complaints.expect(is_subject or parameter in words, f"{name} does not say what {parameter} is")
        if function.result == "int32_t":
            for code in ("DUMBO_OK", "DUMBO_ERR_INVALID_ARGUMENT"):
                complaints.expect(code in words, f"{name} does not list {code}")
        for parameter in re.findall(r"@param\s+(\w+)", function.comment):
            complaints.expect(parameter in function.parameters, f"{name} documents {parameter}, which it does not take")

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
