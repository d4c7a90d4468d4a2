#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a library in C to be loaded in front of libdumbo (LD_PRELOAD): it hands each call on, ends the program with what
returned a code that dumbo.h does not list for it, and notes all that was returned in the file $DUMBO_CODES_SEEN.

Usage: watch_codes.py HEADER OUTPUT
"""

import pathlib
import sys

import documented

HEAD = """/* Made by watch_codes.py from dumbo.h. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dumbo/dumbo.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct watched {
    const char* name;
    void* real;
    int32_t listed[32];
    _Atomic bool seen[32];
};

static int32_t watch(struct watched* function, int32_t code) {
    for (int i = 0; i < 32; i++) {
        if (function->listed[i] == code) {
            function->seen[i] = true;
            return code;
        }
    }
    fprintf(stderr, "%s() returned %s, which dumbo.h does not list for it\\n", function->name, dumbo_error_name(code));
    abort();
}
"""

TAIL = """
__attribute__((constructor)) static void find_real_functions(void) {{
    for (int i = 0; i < {count}; i++) {{
        functions[i].real = dlsym(RTLD_NEXT, functions[i].name);
    }}
}}

__attribute__((destructor)) static void tell_what_was_seen(void) {{
    const char* path = getenv("DUMBO_CODES_SEEN");
    int file = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    for (int i = 0; file >= 0 && i < {count}; i++) {{
        for (int j = 0; j < 32; j++) {{
            if (functions[i].seen[j]) {{
                dprintf(file, "%s %s\\n", functions[i].name, dumbo_error_name(functions[i].listed[j]));
            }}
        }}
    }}
}}
"""


def table(functions):
    rows = []
    for function in functions:
        # What is left of the list is DUMBO_OK, which every function has in it.
        rows.append(f'    {{"{function.name}", NULL, {{{", ".join(function.codes)}}}, {{false}}}},')
    return "\n".join(["", "static struct watched functions[] = {", *rows, "};", ""])


def wrapper(index, function):
    types = ", ".join(function.parameters)
    return (
        f"\nint32_t {function.name}({types}) {{\n"
        f"    int32_t (*real)({types}) = (int32_t (*)({types}))functions[{index}].real;\n"
        f"    return watch(&functions[{index}], real({', '.join(function.names)}));\n}}\n"
    )


def main(header, output):
    functions = documented.functions_with_codes(header)
    wrappers = "".join(wrapper(index, function) for index, function in enumerate(functions))
    text = HEAD + table(functions) + wrappers + TAIL.format(count=len(functions))
    pathlib.Path(output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
