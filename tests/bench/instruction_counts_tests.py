#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether instruction_counts.py fails when it should, and only then. Needs no valgrind."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import instruction_counts

PROFILE = """\
version: 1
positions: line
events: Ir

ob=/usr/bin/bench
fl=bench.cpp
fn=main
10 1000
cob=/lib/libdumbo.so.0.1.0
cfi=connection.cpp
cfn=dumbo_connection_receive_segment
calls=7 20
11 5000

ob=/lib/libdumbo.so.0.1.0
fl=/src/connection.cpp
fn=dumbo_connection_receive_segment
20 40
fi=span.hpp
21 2
fe=/src/connection.cpp
22 3
cob=/lib/libc.so.6
cfi=memmove.S
cfn=memmove
calls=1 30
23 900
24 5

ob=/lib/libc.so.6
fl=memmove.S
fn=memmove
30 900
"""

CASE = instruction_counts.CASES[0]
KEY = "gcc-12 x86_64 portable"


class Reading(unittest.TestCase):
    def test_only_what_the_library_does_itself_counts(self):
        receive = "dumbo_connection_receive_segment"
        self.assertEqual(instruction_counts.read_profile(PROFILE),
                         {(receive, "connection.cpp"): 40 + 3 + 5, (receive, "span.hpp"): 2})

    def test_the_kernel_is_known_by_names(self):
        kernels = {
            "portable": {("sum_of", "checksum.cpp")},
            "vector16": {("sum_vector_16", "sum.cpp"), ("sum_of", "checksum.cpp")},
            "avx2": {("sum_avx2", "sum.cpp"), ("sum_of", "checksum.cpp")},
            "avx512": {("sum", "sum_AVX_512.cpp"), ("sum_avx2", "sum.cpp")},
        }
        for kernel, places in kernels.items():
            self.assertEqual(instruction_counts.kernel_of(places), kernel)


class Verdicts(unittest.TestCase):
    def run_with(self, count, recorded, *options, version="12.2.0", kernel="portable", has_valgrind=True):
        with tempfile.TemporaryDirectory() as folder:
            baseline = pathlib.Path(folder, "baseline.json")
            baseline.write_text(json.dumps({KEY: recorded}))
            words = ["bench", str(baseline), "--compiler", "gcc", "--version", version, "--cpu", "x86_64", *options]
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                code = instruction_counts.main(words, lambda bench: ({CASE: count}, kernel), has_valgrind)
            return code, output.getvalue(), json.loads(baseline.read_text())

    def test_the_same_passes(self):
        self.assertEqual(self.run_with(100, {CASE: 100})[0], 0)

    def test_three_percent_more_pass(self):
        self.assertEqual(self.run_with(103, {CASE: 100})[0], 0)

    def test_more_than_three_percent_more_fail(self):
        code, output, _ = self.run_with(103.1, {CASE: 100})
        self.assertEqual(code, 1)
        self.assertIn("FAILED " + CASE, output)

    def test_less_passes_with_a_hint(self):
        code, output, _ = self.run_with(90, {CASE: 100})
        self.assertEqual(code, 0)
        self.assertIn("--update", output)

    def test_a_case_without_a_record_fails(self):
        self.assertEqual(self.run_with(100, {})[0], 1)

    def test_another_compiler_is_skipped(self):
        code, output, _ = self.run_with(1000, {CASE: 100}, version="13.1.0")
        self.assertEqual(code, 77)
        self.assertIn("not comparable", output)

    def test_another_release_of_the_compiler_is_not(self):
        self.assertEqual(self.run_with(1000, {CASE: 100}, version="12.3.0")[0], 1)

    def test_another_kernel_is_skipped(self):
        code, output, _ = self.run_with(1000, {CASE: 100}, kernel="avx2")
        self.assertEqual(code, 77)
        self.assertIn("gcc-12 x86_64 avx2", output)

    def test_without_valgrind_it_is_skipped(self):
        self.assertEqual(self.run_with(1000, {CASE: 100}, has_valgrind=False)[0], 77)

    def test_update_records_beside_what_there_is(self):
        code, _, records = self.run_with(50, {CASE: 100}, "--update", kernel="avx2")
        self.assertEqual(code, 0)
        self.assertEqual(records, {KEY: {CASE: 100}, "gcc-12 x86_64 avx2": {CASE: 50}})


if __name__ == "__main__":
    unittest.main()
