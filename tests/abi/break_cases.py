# SPDX-License-Identifier: Apache-2.0
"""What may be changed about the interface, and who has to notice it."""

from dataclasses import dataclass

from interface import COMPATIBLE, INCOMPATIBLE

HEADER = "capi/include/dumbo/dumbo.h"
MAP = "capi/libdumbo.map"
ARGUMENTS = "capi/arguments.hpp"
LAYOUT = "tests/capi/layout.c"
NUMBERS = "tests/capi/numbers.c"
SIZES = "tests/capi/support/released_sizes.hpp"
SAME = "the same"


@dataclass
class Case:
    name: str
    edits: list  # in which file which pattern, that occurs once, becomes what
    verdict: str  # the description's
    noticed: tuple = ()  # who complains besides: layout.c, numbers.c, recorded, symbols
    words: str = ""  # among the description's
    sources: tuple = ()  # what is to be compiled again beside the sources that are edited
    soname: str = ""  # if it is another


def grown(struct, addition):
    return (HEADER, rf"\n}} {struct};", f"\n    {addition};\n}} {struct};")


def swapped(first, second):
    return [(HEADER, first, "placeholder"), (HEADER, second, first), (HEADER, "placeholder", second)]


def declared(since):
    declaration = f"/** Since {since}. */\nDUMBO_API bool dumbo_seq_before(uint32_t a, uint32_t b);\n"
    return (HEADER, r"(\n#ifdef __cplusplus\n})", rf"{declaration}\1")


def defined(attributes=""):
    definition = f"{attributes} bool dumbo_seq_before(uint32_t a, uint32_t b) {{ return dumbo_seq_after(b, a); }}\n"
    return ("capi/seq.cpp", r"\Z", definition)


def in_node_of_next_release(name):
    return (MAP, r"\Z", f"LIBDUMBO_0.2 {{\nglobal:\n    {name};\n}} LIBDUMBO_0.1;\n")


def in_enum_of_causes(enumerator):
    return (HEADER, "DUMBO_CAUSE_GIVEN_UP = 11", rf"\g<0>, {enumerator}")


FUNCTION_IS_GONE = Case(
    "a function is gone",
    [
        (HEADER, r"DUMBO_API bool dumbo_seq_after\([^;]*;", ""),
        ("capi/seq.cpp", r"bool dumbo_seq_after\([^}]*}", ""),
        (MAP, r"    dumbo_seq_after;\n", ""),
    ],
    INCOMPATIBLE,
    words="dumbo_seq_after is gone",
)
FUNCTION_IS_NEW = Case(
    "a function is new",
    [declared(since="0.2"), defined(), in_node_of_next_release("dumbo_seq_before")],
    COMPATIBLE,
    words="dumbo_seq_before is new, in LIBDUMBO_0.2",
)

CASES = [
    Case("nothing has changed", [], SAME),
    # Functions.
    FUNCTION_IS_GONE,
    Case(
        "a parameter has another type",
        [
            (HEADER, r"dumbo_seq_after\(uint32_t a, uint32_t b\)", "dumbo_seq_after(uint32_t a, uint64_t b)"),
            ("capi/seq.cpp", r"dumbo_seq_after\(uint32_t a, uint32_t b\)", "dumbo_seq_after(uint32_t a, uint64_t b)"),
        ],
        INCOMPATIBLE,
        words="dumbo_seq_after was bool(unsigned, unsigned), and is bool(unsigned, unsigned long)",
    ),
    Case(
        "a result has another type",
        [
            (HEADER, r"uint16_t dumbo_checksum_update\(", "uint32_t dumbo_checksum_update("),
            ("capi/checksum.cpp", r"uint16_t dumbo_checksum_update\(", "uint32_t dumbo_checksum_update("),
        ],
        INCOMPATIBLE,
        words="dumbo_checksum_update was unsigned short(",
    ),
    FUNCTION_IS_NEW,
    # Symbols.
    Case(
        "a function has gone to another node",
        [(MAP, r"    dumbo_seq_after;\n", ""), in_node_of_next_release("dumbo_seq_after")],
        INCOMPATIBLE,
        ("symbols",),
        "dumbo_seq_after was dumbo_seq_after@LIBDUMBO_0.1, and is dumbo_seq_after@LIBDUMBO_0.2",
    ),
    Case("a new function is not in the map", [declared(since="0.2"), defined()], SAME, ("symbols",)),
    Case(
        "a new function is in the node of an earlier release",
        [declared(since="0.2"), defined(), (MAP, r"(dumbo_seq_at_or_after;\n)", r"\1    dumbo_seq_before;\n")],
        INCOMPATIBLE,
        ("symbols",),
        "dumbo_seq_before is new, in LIBDUMBO_0.1, which is on record",
    ),
    Case(
        "a new function is in the node of an earlier release, and so says its comment",
        [declared(since="0.1"), defined(), (MAP, r"(dumbo_seq_at_or_after;\n)", r"\1    dumbo_seq_before;\n")],
        INCOMPATIBLE,
        words="dumbo_seq_before is new, in LIBDUMBO_0.1, which is on record",
    ),
    Case(
        "an exported function is not in the header",
        [
            defined('extern "C" __attribute__((visibility("default")))'),
            in_node_of_next_release("dumbo_seq_before"),
        ],
        COMPATIBLE,
        ("symbols",),
        "dumbo_seq_before is new",
    ),
    # Structs.
    Case(
        "a field is new before others",
        [(HEADER, r"(struct dumbo_arp_packet \{\n    uint32_t struct_size;)", r"\1\n    uint32_t added;")],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_arp_packet.operation was",
        ("capi/arp.cpp",),
    ),
    Case(
        "a field is gone",
        [
            (HEADER, r"uint32_t anomalies;", ""),
            ("capi/stack_frames.cpp", r"    to.anomalies = from.anomalies;\n", ""),
        ],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_frame_verdict.anomalies is gone",
    ),
    Case(
        "two fields have changed places",
        swapped("uint8_t sender_mac", "uint8_t target_mac"),
        INCOMPATIBLE,
        ("layout.c",),
        "dumbo_arp_packet.sender_mac was",
        ("capi/arp.cpp",),
    ),
    Case(
        "two fields have changed places in a struct that has also grown",
        [*swapped("uint8_t sender_mac", "uint8_t target_mac"), grown("dumbo_arp_packet", "uint32_t added")],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_arp_packet.sender_mac was",
        ("capi/arp.cpp",),
    ),
    Case(
        "a field has another type of the same size",
        [(HEADER, r"\bint32_t error;", "uint32_t error;")],
        INCOMPATIBLE,
        words="dumbo_frame_verdict.error was",
        sources=("capi/stack_frames.cpp",),
    ),
    Case(
        "a struct without struct_size has grown",
        [grown("dumbo_iovec", "size_t added")],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "INCOMPATIBLE: dumbo_iovec had 16 bytes, and has 24",
        ("capi/connection.cpp", "capi/payload.cpp", "capi/tcp.cpp"),
    ),
    Case(
        "a struct with struct_size has grown",
        [grown("dumbo_connection_info", "uint64_t added")],
        COMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_connection_info had 56 bytes, and has 64",
        ("capi/stack_application.cpp",),
    ),
    Case(
        "a struct has grown and has padding",
        [grown("dumbo_connection_info", "uint32_t added")],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_connection_info has padding",
        ("capi/stack_application.cpp",),
    ),
    Case(
        "a field has another name",
        [
            (HEADER, r"uint8_t reserved_bits;", "uint8_t other_bits;"),
            ("capi/tcp.cpp", r"out\.reserved_bits", "out.other_bits"),
        ],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_tcp_segment.reserved_bits is gone",
    ),
    Case(
        "reserved bytes have got a meaning",
        [
            (HEADER, r"(?s)(struct dumbo_stack_event \{.*?)uint32_t reserved;", r"\1uint16_t detail; uint16_t reserved;"),
            ("capi/stack_application.cpp", r"\.reserved = 0,(\s*\.connection)", r".detail = 0, .reserved = 0,\1"),
        ],
        COMPATIBLE,
        ("layout.c", "recorded"),
        "dumbo_stack_event.detail is new",
    ),
    # What abidw does not tell.
    Case(
        "the smallest struct_size is larger",
        [
            grown("dumbo_connection_info", "uint64_t added"),
            (ARGUMENTS, r"offsetof\(dumbo_connection_info, last_heard\) .*", "sizeof(dumbo_connection_info);"),
            (SIZES, r"(dumbo_connection_info\* .*\n    return )\{56\}", r"\1{64}"),
            (LAYOUT, r"SIZE\(dumbo_connection_info, 56", "SIZE(dumbo_connection_info, 64"),
            (LAYOUT, r"(.*dumbo_connection_info), last_heard, 48, 8\);", r"\g<0>\n\1, added, 56, 8);"),
        ],
        INCOMPATIBLE,
        words="smallest struct_size of dumbo_connection_info was 56, and is 64",
        sources=("capi/stack_application.cpp",),
    ),
    Case(
        "a struct is aligned otherwise",
        [(HEADER, r"\n\} dumbo_arp_packet;", "\n} __attribute__((aligned(16))) dumbo_arp_packet;")],
        INCOMPATIBLE,
        ("layout.c",),
        "alignment of dumbo_arp_packet was 4, and is 16",
        ("capi/arp.cpp",),
    ),
    Case("an alignment is not in layout.c", [(LAYOUT, r"ALIGNMENT\(dumbo_sent, .*", "")], SAME, ("recorded",)),
    Case(
        "a number is another",
        [(HEADER, "DUMBO_CAUSE_PROBE = 9", "DUMBO_CAUSE_PROBE = 12")],
        INCOMPATIBLE,
        ("numbers.c",),
        "DUMBO_CAUSE_PROBE was 9, and is 12",
    ),
    Case(
        "a number is another, in numbers.c, too",
        [
            (HEADER, "DUMBO_CAUSE_PROBE = 9", "DUMBO_CAUSE_PROBE = 12"),
            (NUMBERS, "DUMBO_CAUSE_PROBE, 9", "DUMBO_CAUSE_PROBE, 12"),
        ],
        INCOMPATIBLE,
        words="DUMBO_CAUSE_PROBE was 9, and is 12",
    ),
    Case(
        "a limit is another",
        [(HEADER, "DUMBO_SNAPSHOT_LENGTH_MAX 160u", "DUMBO_SNAPSHOT_LENGTH_MAX 161u")],
        INCOMPATIBLE,
        ("numbers.c",),
        "DUMBO_SNAPSHOT_LENGTH_MAX was 160, and is 161",
    ),
    Case(
        "a number is gone",
        [(HEADER, "DUMBO_CAUSE_PROBE = 9,", "")],
        INCOMPATIBLE,
        ("numbers.c", "recorded"),
        "DUMBO_CAUSE_PROBE is gone",
    ),
    Case("a number is new", [in_enum_of_causes("DUMBO_CAUSE_OTHER = 12")], COMPATIBLE, ("recorded",), "is new, 12"),
    Case(
        "a number has a second meaning",
        [in_enum_of_causes("DUMBO_CAUSE_OTHER = 9"), (NUMBERS, r"\Z", "NUMBER(DUMBO_CAUSE_OTHER, 9);\n")],
        INCOMPATIBLE,
        words="DUMBO_CAUSE_OTHER is new, 9, as enum dumbo_cause DUMBO_CAUSE_PROBE is",
    ),
    Case(
        "a number has a second name",
        [(HEADER, r"(\n#ifdef __cplusplus\n})", r"\n#define DUMBO_CAUSE_OTHER DUMBO_CAUSE_PROBE\1")],
        COMPATIBLE,
        ("recorded",),
        "macro DUMBO_CAUSE_OTHER is new, 9",
    ),
    # What there is no rule for. abidiff tells.
    Case("the library has another name", [], INCOMPATIBLE, words="SONAME changed", soname="libdumbo.so.1"),
    Case(
        "the library has another name, and all changes that there are rules for are compatible",
        [*FUNCTION_IS_NEW.edits, grown("dumbo_connection_info", "uint64_t added")],
        INCOMPATIBLE,
        ("layout.c", "recorded"),
        "SONAME changed",
        ("capi/stack_application.cpp",),
        soname="libdumbo.so.1",
    ),
]
