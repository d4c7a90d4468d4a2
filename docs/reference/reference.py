#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the reference: HTML of dumbo.h and of the pages in docs/, manual pages of section 3, and the diagrams.

Usage: reference.py SOURCE_ROOT VERSION OUTPUT

It writes OUTPUT/html and OUTPUT/man3, and to OUTPUT/complaints what is not documented, a parameter, a result or a field,
and links that lead nowhere. It does not fail because of these, as another doxygen may have other opinions: a test does.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import man_pages
import pages


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")


def draw(diagrams, folder):
    for diagram in diagrams:
        run("dot", "-Tsvg", "-o", folder / f"{diagram.stem}.svg", diagram)
    return [folder / f"{diagram.stem}.svg" for diagram in diagrams]


def prepare(source, folder):
    """Header and pages as doxygen takes them; their places in the source stay readable in its complaints."""
    header = folder / "dumbo/dumbo.h"
    header.parent.mkdir(parents=True)
    header.write_text(pages.header_for_doxygen(source / "capi/include/dumbo/dumbo.h"), encoding="utf-8")
    inputs = [header]
    docs = source / "docs"
    for page in sorted(docs.glob("*.md")):
        copy = folder / page.name
        copy.write_text(pages.page_for_doxygen(page, docs), encoding="utf-8")
        inputs.append(copy)
    return inputs


def quoted(paths):
    return " ".join(f'"{path}"' for path in paths)


def doxyfile(source, folder, values):
    template = (source / "docs/reference/Doxyfile.in").read_text(encoding="utf-8")
    path = folder / "Doxyfile"
    path.write_text(re.sub(r"@(\w+)@", lambda match: str(values[match.group(1)]), template), encoding="utf-8")
    return path


def answers_in_its_first_sentence(warning, header):
    """A function that returns no code says what it returns where it says what it does: "Whether ...", "The name of ..."."""
    name = re.search(r"return type of member (\w+) is not documented", warning)
    return name is not None and re.search(rf"DUMBO_API int32_t {name.group(1)}\(", header) is None


def complaints(work):
    header = (work / "dumbo/dumbo.h").read_text(encoding="utf-8")
    warnings = (work / "warnings").read_text(encoding="utf-8").splitlines()
    return [one for one in dict.fromkeys(warnings) if not answers_in_its_first_sentence(one, header)]


def main(source, version, output):
    source, output = pathlib.Path(source).resolve(), pathlib.Path(output).resolve()
    work = output / "work"
    for folder in (work, output / "html", output / "man3"):
        shutil.rmtree(folder, ignore_errors=True)
    inputs = prepare(source, work)
    diagrams = draw(sorted(source.glob("docs/diagrams/*.dot")), work)
    programs = [path for path in sorted(source.glob("docs/guide/*")) if path.suffix in (".c", ".h")]
    values = {
        "VERSION": version,
        "WORK": work,
        "HTML": output / "html",
        "INPUTS": quoted(inputs),
        "EXTRA_FILES": quoted([*diagrams, *programs]),
    }
    run("doxygen", doxyfile(source, work, values))
    found = "".join(f"{one}\n" for one in complaints(work))
    (output / "complaints").write_text(found, encoding="utf-8")
    print(found, end="")
    count = man_pages.write(work / "xml", source / "capi/include/dumbo/dumbo.h", version, output / "man3")
    print(f"{count} manual pages, and {len(list((output / 'html').glob('*.html')))} of HTML")


if __name__ == "__main__":
    main(*sys.argv[1:])
