#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the edits are those that they should be, and the verdict on them, too. Builds nothing."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import edits
import mutate
import trees

SNIPPET = """\
// if (a < b) { return false; }
#include <a/b.hpp>
static_assert(1 < 2);
namespace n {

template <typename T>
[[nodiscard]] std::span<const T> first(std::span<const T> all, std::size_t n) noexcept {
    const auto length = std::min<std::size_t>(n, all.size());
    if (const auto error = check(all)) {
        return {};
    }
    if (length < 1 && !all.empty()) {
        count_ += 2;
        note("a < b");
        return all;
    }
    return length == n ? all : all.first(length - 1);
}

}  // namespace n
"""


def results(text, file="a.cpp"):
    """The line that each edit leaves behind, by its name."""
    found = {}
    for edit in edits.edits_of(file, text):
        changed = edit.apply(text).splitlines()
        number = text.count("\n", 0, edit.start)
        found[edit.name] = changed[number].strip()
    return found


def body(line):
    """The edits of a line in a function's body that goes on behind it."""
    text = f"void f() {{\n    {line}\n    g();\n}}\n"
    return {name.removeprefix(f"f: {line}: "): changed for name, changed in results(text).items() if line in name}


class Generator(unittest.TestCase):
    def test_operators_become_their_neighbours(self):
        for before, after in (("a < b", ["a <= b", "a >= b"]), ("a <= b", ["a < b", "a > b"]), ("a > b", ["a >= b", "a <= b"]),
                              ("a >= b", ["a > b", "a < b"]), ("a == b", ["a != b"]), ("a != b", ["a == b"]),
                              ("a && b", ["a || b"]), ("a || b", ["a && b"]), ("a + b", ["a - b"]), ("a - b", ["a + b"]),
                              ("a & b", ["a | b"]), ("a | b", ["a & b"]), ("a << b", ["a >> b"]), ("!b", ["b"]), ("~b", ["b"])):
            with self.subTest(before):
                self.assertEqual(list(body(f"const auto c = {before};").values()), [f"const auto c = {text};" for text in after])

    def test_numbers_are_off_by_one(self):
        self.assertEqual(list(body("const auto a = 16U;").values()), ["const auto a = 17U;", "const auto a = 15U;"])
        self.assertEqual(list(body("const auto a = 0x10;").values()), ["const auto a = 0x11;", "const auto a = 0xf;"])
        self.assertEqual(list(body("const auto a = 0;").values()), ["const auto a = 1;"])

    def test_conditions_are_forced(self):
        self.assertEqual(set(body("if (a) {").values()), {"if (true) {", "if (false) {"})
        self.assertEqual(set(body("if (const auto a = b()) {").values()),
                         {"if (const auto a = b(); true) {", "if (const auto a = b(); false) {"})
        self.assertEqual(set(body("if (const auto a = b(); a) {").values()),
                         {"if (const auto a = b(); true) {", "if (const auto a = b(); false) {"})
        self.assertEqual(set(body("while (a) {").values()), {"while (false) {"})
        self.assertEqual(set(body("const auto a = b ? c : d;").values()),
                         {"const auto a = b || true ? c : d;", "const auto a = b && false ? c : d;"})

    def test_statements_are_dropped(self):
        for statement in ("a = b;", "a(b);", "a->b();", "++a;", "*a = b;", "a[c].b = b;", "(a ? b : c).d = e;", "return;", "break;"):
            with self.subTest(statement):
                self.assertEqual(body(statement).get("dropped"), ";")

    def test_declarations_are_not(self):
        for declaration in ("int a;", "const int a = b;", "A a(b);", "std::span<A> a = b;", "A& a = b;", "A* a = b;", "using A = B;",
                            "auto [a, b] = c;"):
            with self.subTest(declaration):
                self.assertNotIn("dropped", body(declaration))

    def test_a_return_that_nothing_follows_stays(self):
        self.assertEqual(results("int f() {\n    return a;\n}\nint g() {\n    if (b) {\n        return c;\n    }\n}\n"),
                         {"g: if (b) {: if true": "if (true) {", "g: if (b) {: if false": "if (false) {"})

    def test_what_has_no_behaviour_is_left_alone(self):
        self.assertEqual(results("// a = b < 1\n#define A 1 + 2\nstatic_assert(a == 1);\nconst char* a = \"1 < 2\";\n"
                                 "[[likely]] A<1 << 2> a;\nconst A& a;\nA&& a;\n"), {})

    def test_a_name_says_function_line_and_change(self):
        found = {edit.name: edit for edit in edits.edits_of("a.cpp", SNIPPET)}
        self.assertEqual(set(found), {
            "first: if (const auto error = check(all)) {: if true",
            "first: if (const auto error = check(all)) {: if false",
            "first: return {};: dropped",
            "first: if (length < 1 && !all.empty()) {: if true",
            "first: if (length < 1 && !all.empty()) {: if false",
            "first: if (length < 1 && !all.empty()) {: < -> <=",
            "first: if (length < 1 && !all.empty()) {: < -> >=",
            "first: if (length < 1 && !all.empty()) {: 1 -> 2",
            "first: if (length < 1 && !all.empty()) {: 1 -> 0",
            "first: if (length < 1 && !all.empty()) {: && -> ||",
            "first: if (length < 1 && !all.empty()) {: ! dropped",
            "first: count_ += 2;: dropped",
            "first: count_ += 2;: += -> -=",
            "first: count_ += 2;: 2 -> 3",
            "first: count_ += 2;: 2 -> 1",
            'first: note("a < b");: dropped',
            "first: return all;: dropped",
            "first: return length == n ? all : all.first(length - 1);: == -> !=",
            "first: return length == n ? all : all.first(length - 1);: ? always",
            "first: return length == n ? all : all.first(length - 1);: ? never",
            "first: return length == n ? all : all.first(length - 1);: - -> +",
            "first: return length == n ? all : all.first(length - 1);: 1 -> 2",
            "first: return length == n ? all : all.first(length - 1);: 1 -> 0",
        })

    def test_ids_survive_edits_elsewhere_and_are_unique(self):
        before = [edit.id for edit in edits.edits_of("a.cpp", SNIPPET)]
        after = [edit.id for edit in edits.edits_of("a.cpp", "int a = b;\n\n" + SNIPPET)]
        self.assertEqual(before, after)
        twice = [edit.id for edit in edits.edits_of("a.cpp", SNIPPET + SNIPPET)]
        self.assertEqual(len(twice), len(set(twice)))

    def test_the_library_offers_edits_in_every_folder(self):
        found = mutate.all_edits(mutate.SOURCE, ["src/tcp/", "capi/seq", "capi/handle"])
        self.assertGreater(len(found["src/tcp/arrival.hpp"]), 200)
        self.assertEqual({name.split("/")[0] for name in found}, {"src", "capi"})


class Sample(unittest.TestCase):
    def setUp(self):
        self.by_file = {"a.cpp": edits.edits_of("a.cpp", SNIPPET), "b.cpp": edits.edits_of("b.cpp", SNIPPET * 5), "c.cpp": []}

    def test_each_file_has_its_share(self):
        self.assertEqual(edits.shares({"a": 10, "b": 50, "c": 0}, 12), {"a": 2, "b": 10})
        self.assertEqual(edits.shares({"a": 1, "b": 999}, 10), {"a": 1, "b": 9})
        self.assertEqual(edits.shares({"a": 2, "b": 3}, 99), {"a": 2, "b": 3})

    def test_a_place_is_edited_once(self):
        chosen = edits.sample(self.by_file, 30, "1")
        self.assertEqual(len(chosen), 30)
        self.assertEqual(len({(edit.file, edit.place) for edit in chosen}), 30)

    def test_the_seed_decides(self):
        self.assertEqual(edits.sample(self.by_file, 12, "1"), edits.sample(self.by_file, 12, "1"))
        self.assertNotEqual(edits.sample(self.by_file, 12, "1"), edits.sample(self.by_file, 12, "2"))


class Verdicts(unittest.TestCase):
    def conclude(self, **counts):
        verdicts, number = {}, 0
        for verdict, count in counts.items():
            for _ in range(count):
                number += 1
                verdicts[edits.Edit("a.cpp", str(number), ("token", number), 0, 0, "")] = verdict
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = mutate.conclude(verdicts)
        return code, output.getvalue()

    def test_all_noticed_or_explained_passes(self):
        code, output = self.conclude(killed=3, equivalent=2, uncompiled=1)
        self.assertEqual(code, 0)
        self.assertIn("| a.cpp | 6 | 3 | 2 | 0 | 1 |", output)
        self.assertIn("score 100.0%", output)

    def test_a_survivor_fails(self):
        self.assertEqual(self.conclude(killed=999, survived=1)[0], 1)

    def test_nothing_noticeable_fails(self):
        self.assertEqual(self.conclude(uncompiled=1, equivalent=1)[0], 1)

    def test_every_explanation_is_of_an_edit_that_there_is(self):
        explained = mutate.explanations()
        known = {edit.id for found in mutate.all_edits(mutate.SOURCE, []).values() for edit in found}
        self.assertEqual(set(explained) - known, set())
        self.assertTrue(all(explained.values()))


class Runs(unittest.TestCase):
    def test_exit_codes_and_hangs_are_told_apart(self):
        self.assertEqual(trees.run(["true"], 10), 0)
        self.assertEqual(trees.run(["sh", "-c", "exit 3"], 10), 3)
        self.assertIsNone(trees.run(["sleep", "60"], 0.1))

    def test_every_file_has_an_order_of_all_tests(self):
        for file in ("src/stack/stack.cpp", "src/tcp/arrival.hpp", "capi/seq.cpp", "include/dumbo/format.hpp"):
            self.assertCountEqual(trees.order_for(file), trees.TESTS.values())

    def test_a_copy_takes_over_what_has_changed_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            source, root = pathlib.Path(folder, "source"), pathlib.Path(folder, "tree")
            for name in ("a/1.cpp", "2.cpp"):
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                (source / name).write_text(name)
            tree = trees.Tree(root, 1)
            tree.take_over(source, ["a/1.cpp", "2.cpp"])
            time = (root / "2.cpp").stat().st_mtime_ns
            (source / "a/1.cpp").write_text("changed")
            tree.take_over(source, ["a/1.cpp", "2.cpp"])
            self.assertEqual((root / "a/1.cpp").read_text(), "changed")
            self.assertEqual((root / "2.cpp").stat().st_mtime_ns, time)


if __name__ == "__main__":
    unittest.main()
