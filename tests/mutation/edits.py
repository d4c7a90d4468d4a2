# SPDX-License-Identifier: Apache-2.0
"""Small edits of C++ source, each of which a test should notice.

The source is cut into tokens, not parsed. It leans on clang-format: an operator between two operands stands between
blanks there, and neither a template's bracket nor a reference does.
"""

import dataclasses
import hashlib
import re

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
  | (?P<number>\d(?:'?[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark><<=|>>=|<=>|\.\.\.|->\*|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\[\[|\]\]|[^\s\w])
""", re.VERBOSE | re.MULTILINE | re.DOTALL)

COMPARISONS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
}
LOGIC = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "*": "+", "/": "*", "%": "/"}
BITS = {"&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<", "&=": "|=", "|=": "&=", "<<=": ">>=", ">>=": "<<="}
BETWEEN_OPERANDS = {**COMPARISONS, **LOGIC, **ARITHMETIC, **BITS}
OPENING = {"(": ")", "[": "]", "{": "}"}
# What begins a statement that does something by itself begins with none of these.
NO_ACTION = {
    "alignas", "auto", "case", "catch", "class", "const", "constexpr", "default", "delete", "do", "else", "enum", "explicit",
    "extern", "for", "friend", "goto", "if", "inline", "namespace", "private", "protected", "public", "return", "static",
    "static_assert", "struct", "switch", "template", "throw", "try", "typedef", "union", "using", "virtual", "while",
}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


@dataclasses.dataclass(frozen=True)
class Edit:
    """One replacement. `place` is the same for all edits of one token or statement."""

    file: str
    name: str  # in which function, at which line, what: the same however often the rest of the file changes
    place: tuple
    start: int
    end: int
    text: str

    @property
    def id(self):
        return f"{self.file}: {self.name}"

    @property
    def short_id(self):
        return hashlib.sha256(self.id.encode()).hexdigest()[:8]

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]


def tokens_of(source):
    """All that the compiler sees and that is no directive."""
    return [Token(match.lastgroup, match.group(), match.start()) for match in TOKEN.finditer(source)
            if match.lastgroup not in ("comment", "directive")]


class Source:
    """The tokens of a file, what belongs together among them, and the edits that they offer."""

    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.tokens = tokens_of(text)
        self.partner, self.enclosing = self.pairs()
        self.skipped = self.declarations_without_behaviour()
        self.function = self.functions()
        self.found = []

    def pairs(self):
        """Each bracket's other one, and for each token the innermost bracket that it stands in."""
        partner, enclosing, open_ones = {}, [], []
        for i, token in enumerate(self.tokens):
            if token.text in OPENING.values() and open_ones:
                partner[i] = open_ones.pop()
                partner[partner[i]] = i
            enclosing.append(self.tokens[open_ones[-1]].text if open_ones else "")
            if token.text in OPENING:
                open_ones.append(i)
        return partner, enclosing

    def at(self, i, *texts):
        return 0 <= i < len(self.tokens) and self.tokens[i].text in texts

    def is_between_blanks(self, i):
        token = self.tokens[i]
        return self.text[token.start - 1:token.start].isspace() and self.text[token.end:token.end + 1].isspace()

    def declarations_without_behaviour(self):
        """static_assert(...), [[attributes]], and what stands between a template's brackets."""
        skipped = set()
        depth = 0
        for i, token in enumerate(self.tokens):
            if token.text == "static_assert":
                skipped.update(range(i, self.partner.get(i + 1, i) + 1))
            elif token.text == "[[":
                closing = next((j for j in range(i, len(self.tokens)) if self.at(j, "]]")), i)
                skipped.update(range(i, closing + 1))
            elif token.text == "<" and not self.is_between_blanks(i):
                depth += 1
            if depth > 0:
                skipped.add(i)
            if depth > 0 and token.text in (">", ">>") and not self.is_between_blanks(i):
                depth = max(0, depth - len(token.text))
        return skipped

    def statement_start(self, i):
        """The first token of the statement or declaration that token i belongs to."""
        while i > 0 and not self.at(i - 1, ";", "{", "}"):
            i = self.partner[i - 1] if self.at(i - 1, ")", "]") and i - 1 in self.partner else i - 1
        return i

    def functions(self):
        """For each token the name of the function whose body it is in, or ""."""
        names = [""] * len(self.tokens)
        for i, token in enumerate(self.tokens):
            if token.text != "{" or i not in self.partner or names[i]:
                continue
            head = [j for j in range(self.statement_start(i), i) if j not in self.skipped]
            words = {self.tokens[j].text for j in head}
            parameters = next((j for j in head if self.at(j, "(")), None)
            if parameters is None or words & {"namespace", "class", "struct", "enum", "union"}:
                continue
            if self.at(parameters - 1, "operator"):
                parameters = self.partner[parameters] + 1
            name = self.tokens[parameters - 1].text
            for j in range(i + 1, self.partner[i]):
                names[j] = name
        return names

    def add(self, place, start, end, text, what):
        self.found.append((place, start, end, text, what))

    def replace(self, i, text, what):
        token = self.tokens[i]
        self.add(("token", i), token.start, token.end, text, what)

    def edits(self):
        self.found = []
        for i, token in enumerate(self.tokens):
            if i in self.skipped:
                continue
            if token.kind == "number":
                self.change_number(i)
            elif token.kind == "word":
                self.change_word(i)
            elif token.kind == "mark":
                self.change_operator(i)
            if self.begins_statement(i):
                self.drop_statement(i)
        return self.named()

    def change_number(self, i):
        match = re.fullmatch(r"(0[xX][\da-fA-F']+|0[bB][01']+|[\d']+)([uUlLzZ]*)", self.tokens[i].text)
        if match is None:
            return
        digits, suffix = match.groups()
        value = int(digits.replace("'", ""), 0)
        for other in (value + 1, value - 1):
            if other >= 0:
                self.replace(i, (hex(other) if digits[:2].lower() == "0x" else str(other)) + suffix,
                             f"{self.tokens[i].text} -> {other}")

    def change_word(self, i):
        word = self.tokens[i].text
        if word in ("true", "false"):
            other = "false" if word == "true" else "true"
            self.replace(i, other, f"{word} -> {other}")
        elif word in ("if", "while") and not self.at(i + 1, "constexpr"):
            self.change_condition(i)

    def change_condition(self, i):
        opening = i + 1
        if not self.at(opening, "(") or opening not in self.partner:
            return
        closing = self.partner[opening]
        semicolon = next((j for j in range(closing - 1, opening, -1) if self.at(j, ";")), None)
        first = opening + 1 if semicolon is None else semicolon + 1
        start, end = self.tokens[first].start, self.tokens[closing].start
        condition = self.text[start:end]
        is_declaration = self.at(first, "const", "auto") and semicolon is None
        for value in ("true", "false"):
            if self.at(i, "while") and value == "true":
                continue  # runs for ever
            self.add(("condition", i), start, end, f"{condition}; {value}" if is_declaration else value, f"if {value}")

    def change_operator(self, i):
        mark = self.tokens[i].text
        if mark == "!":
            self.replace(i, "", "! dropped")
        elif mark == "~":
            self.replace(i, "", "~ dropped")
        elif mark == "?":
            self.replace(i, "|| true ?", "? always")
            self.replace(i, "&& false ?", "? never")
        elif mark in ("++", "--") and not self.at(i - 1, "operator"):
            self.replace(i, ARITHMETIC[mark], f"{mark} -> {ARITHMETIC[mark]}")
        elif mark in BETWEEN_OPERANDS and self.is_between_blanks(i) and not self.at(i - 1, "operator"):
            others = BETWEEN_OPERANDS[mark]
            for other in (others,) if isinstance(others, str) else others:
                self.replace(i, other, f"{mark} -> {other}")

    def begins_statement(self, i):
        can_begin = self.tokens[i].kind == "word" or self.at(i, "(", "*", "++", "--")
        if not self.function[i] or self.enclosing[i] != "{" or not can_begin:
            return False
        return self.at(i - 1, ";", "{", "}") or (self.at(i - 1, ":") and self.at(self.statement_start(i), "case", "default"))

    def drop_statement(self, i):
        is_end = self.at(i, "return")
        if self.tokens[i].text in NO_ACTION and not is_end:
            return
        end = i
        while end < len(self.tokens) and not self.at(end, ";", "}"):
            end = self.partner.get(end, end) + 1 if self.tokens[end].text in OPENING else end + 1
        if not self.at(end, ";"):
            return
        if self.leads_on(end) if is_end or self.at(i, "break", "continue") else not self.is_declaration(i, end):
            self.add(("statement", i), self.tokens[i].start, self.tokens[end].start, "", "dropped")

    def leads_on(self, semicolon):
        """Whether something of the same function follows, be it behind the block's end."""
        following = semicolon + 1
        while self.at(following, "}") and self.function[following]:
            following += 1
        return following < len(self.tokens) and self.function[following] != "" and not self.at(following, "else")

    def is_declaration(self, i, end):
        """Two words in a row, or a type's bracket, reference or pointer and then a word."""
        depth = 0
        for j in range(i, end):
            depth += self.at(j, "(", "[", "{") - self.at(j, ")", "]", "}")
            if depth == 0 and self.at(j, "=", "+=", "-=", "|=", "&="):
                return False
            follows_type = self.tokens[j].kind == "word" or (self.at(j, ">", "&", "*") and not self.is_between_blanks(j) and j > i)
            if depth == 0 and follows_type and j + 1 < end and self.tokens[j + 1].kind == "word":
                return True
        return False

    def named(self):
        """Names them by function, line and change, and counts where that is not one of its kind."""
        edits, seen = [], {}
        for place, start, end, text, what in self.found:
            line_start = self.text.rfind("\n", 0, start) + 1
            line = self.text[line_start:self.text.find("\n", start)].split("//")[0].strip()
            index = place[1]
            name = f"{self.function[index] or '-'}: {line}: {what}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name += f" ({seen[name]})"
            edits.append(Edit(self.file, name, place, start, end, text))
        return edits


def edits_of(file, text):
    return Source(file, text).edits()


def rank(seed, name):
    """A number that depends on nothing else: what one edit's is does not change with the others."""
    return hashlib.sha256(f"{seed}: {name}".encode()).digest()


def places_of(edits):
    places = {}
    for edit in edits:
        places.setdefault(edit.place, []).append(edit)
    return list(places.values())


def shares(sizes, count):
    """How many of `count` each file gets: in proportion to its size, at least one if it has any, at most all."""
    total = sum(sizes.values())
    exact = {file: count * size / total for file, size in sizes.items() if size > 0}
    share = {file: min(sizes[file], max(1, int(part))) for file, part in exact.items()}
    by_remainder = sorted(exact, key=lambda file: (int(exact[file]) - exact[file], file))
    for file in by_remainder:
        if sum(share.values()) >= count:
            break
        if share[file] < sizes[file]:
            share[file] += 1
    return share


def sample(edits_by_file, count, seed):
    """At most one edit of a place, and of each file its share."""
    places = {file: places_of(edits) for file, edits in edits_by_file.items()}
    chosen = []
    for file, number in shares({file: len(found) for file, found in places.items()}, count).items():
        candidates = [min(place, key=lambda edit: rank(seed, edit.id)) for place in places[file]]
        # Which place is drawn must not depend on how many edits it offers.
        ranked = sorted(candidates, key=lambda edit: rank(seed, f"place {edit.id}"))
        chosen += ranked[:number]
    return chosen
