# SPDX-License-Identifier: Apache-2.0
"""The arguments that the tests of this folder have in common: what is to be released, as meson.build has it."""

import argparse
from pathlib import Path


def argument_parser(usage):
    parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source_root", type=Path)
    parser.add_argument("--version", required=True, help="the project's")
    parser.add_argument("--soversion", required=True, help="the shared library's")
    return parser
