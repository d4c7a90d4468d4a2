# SPDX-License-Identifier: Apache-2.0
"""What dumbo.h says that each function returns: the codes behind @retval."""

import pathlib
import re
import sys
from dataclasses import dataclass

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "abi"))
import header as header_reader  # noqa: E402  (it lies beside the lints of the ABI)


@dataclass
class Function:
    name: str
    result: str
    parameters: list  # as declared
    names: list
    codes: list
    documented_parameters: list


def functions_of(path):
    source = header_reader.COMMENT.sub(" ", pathlib.Path(path).read_text(encoding="utf-8"))
    found = []
    for function in header_reader.read(path).functions:
        declared = re.search(rf"\b{function.name}\((.*?)\);", source, re.DOTALL).group(1)
        found.append(
            Function(
                name=function.name,
                result=function.result,
                parameters=[" ".join(one.split()) for one in declared.split(",")],
                names=function.parameters,
                codes=re.findall(r"@retval (\w+)", function.comment),
                documented_parameters=re.findall(r"@param (\w+)", function.comment),
            )
        )
    return found


def functions_with_codes(path):
    """Those that return a code."""
    return [function for function in functions_of(path) if function.result == "int32_t"]


def error_codes(path):
    """All of enum dumbo_error, with their numbers."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    body = re.search(r"^enum dumbo_error \{(.*?)^\};", text, re.DOTALL | re.MULTILINE).group(1)
    return {name: int(number) for name, number in re.findall(r"(DUMBO_\w+) = (-?\d+)", body)}
