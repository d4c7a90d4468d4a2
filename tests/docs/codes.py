#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each parameter of a function of dumbo.h has its @param, in their order. Each function that returns a code has a @retval for
DUMBO_OK and DUMBO_ERR_INVALID_ARGUMENT at least, and each code stands behind one.

Usage: codes.py HEADER
"""

import sys

import documented

NEVER_RETURNED = {"DUMBO_ERR_FATAL"}  # a bound
ANYWHERE = {"DUMBO_ERR_INTERNAL"}  # a defect of the library


def main(header):
    functions = documented.functions_with_codes(header)
    known = set(documented.error_codes(header))
    complaints = []
    for function in functions:
        codes = set(function.codes)
        complaints += [f"{function.name} does not list {code}" for code in
                       sorted({"DUMBO_OK", "DUMBO_ERR_INVALID_ARGUMENT"} - codes)]
        complaints += [f"{function.name} lists {code}, which there is not" for code in sorted(codes - known)]
        complaints += [f"{function.name} lists a code twice"] if len(codes) != len(function.codes) else []
    for function in documented.functions_of(header):
        if function.documented_parameters != function.names:
            complaints.append(f"{function.name} takes {function.names}, and documents {function.documented_parameters}")
    listed = {code for function in functions for code in function.codes}
    complaints += [f"no function lists {code}" for code in sorted(known - listed - NEVER_RETURNED - ANYWHERE)]
    print("\n".join(complaints))
    print(f"{len(functions)} functions list {sum(len(one.codes) for one in functions)} results of {len(listed)} kinds")
    return 1 if complaints or not functions else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
