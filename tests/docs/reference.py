#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference that was built is whole: doxygen has no complaint, every function has its manual page, with its
parameters and codes, and its place in the HTML, the pages are good mdoc, and every page and diagram of docs/ is there.

Usage: reference.py SOURCE_ROOT REFERENCE
"""

import pathlib
import re
import shutil
import subprocess
import sys

import documented


def manual_page_complaints(function, page):
    if not page.is_file():
        return [f"{function.name} has no manual page"]
    text = page.read_text(encoding="utf-8")
    absent = [name for name in function.names if f".It Fa {name}\n" not in text]
    absent += [code for code in function.codes if not re.search(rf"^\.(It )?Dv {code}\b", text, re.MULTILINE)]
    return [f"{page.name} has no {one}" for one in absent]


def way_back_complaints(functions, man):
    """From the types that a function takes one finds the function."""
    complaints = []
    for function in functions:
        declared = re.findall(r'^\.Fa "(.*)"$', (man / f"{function.name}.3").read_text(encoding="utf-8"), re.MULTILINE)
        for name in sorted(set(re.findall(r"\bdumbo_\w+", " ".join(declared)))):
            if f".Xr {function.name} 3" not in (man / f"{name}.3").read_text(encoding="utf-8"):
                complaints.append(f"the page of {name} does not lead to {function.name}")
    return complaints


def mandoc_complaints(folder):
    if shutil.which("mandoc") is None:
        return ["there is no mandoc to look at the manual pages with"]
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *sorted(folder.glob("*.3"))], capture_output=True, text=True,
                          check=False)
    return (done.stdout + done.stderr).splitlines()


def html_complaints(source, html, functions):
    reference = (html / "dumbo_8h.html").read_text(encoding="utf-8")
    absent = [function.name for function in functions if f">{function.name}<" not in reference]
    names = ["index.html"] + [f"page-{page.stem}.html" for page in source.glob("docs/*.md") if page.stem != "index"]
    names += [f"{diagram.stem}.svg" for diagram in source.glob("docs/diagrams/*.dot")]
    names += [program.name for program in source.glob("docs/guide/*.c")]
    return [f"the HTML has no {one}" for one in absent + [name for name in names if not (html / name).is_file()]]


def link_complaints(html):
    """Links between the files of the reference itself."""
    complaints = set()
    for page in html.glob("*.html"):
        for target in re.findall(r'(?:href|src)="([^"#:]+)(?:#[^"]*)?"', page.read_text(encoding="utf-8")):
            if not (html / target).exists():
                complaints.add(f"{page.name} leads to {target}, which is not there")
    return sorted(complaints)


def main(source, reference):
    source, reference = pathlib.Path(source), pathlib.Path(reference)
    functions = documented.functions_with_codes(source / "capi/include/dumbo/dumbo.h")
    man = reference / "man3"
    complaints = (reference / "complaints").read_text(encoding="utf-8").splitlines()
    complaints += [one for function in functions for one in manual_page_complaints(function, man / f"{function.name}.3")]
    complaints += way_back_complaints(functions, man)
    complaints += mandoc_complaints(man)
    complaints += html_complaints(source, reference / "html", functions)
    complaints += link_complaints(reference / "html")
    print("\n".join(complaints))
    print(f"{len(list(man.glob('*.3')))} manual pages, {len(list((reference / 'html').glob('*.html')))} of HTML")
    return 1 if complaints or not functions else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
