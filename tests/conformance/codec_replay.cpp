// SPDX-License-Identifier: Apache-2.0
#include "conformance/codec_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "conformance/wanted.hpp"

namespace conformance {

namespace {

// What came out, if it differs from what is wanted.
using Verdict = std::optional<std::string>;

template <typename T>
Verdict compare(const Record& record, const Answer<T>& got) {
    const auto wanted = read_wanted<T>(record, Dialect::codec);
    if (matches(wanted, got, Dialect::codec)) {
        return std::nullopt;
    }
    return to_text(got, Dialect::codec);
}

// The zero-filled buffer of exactly `buf` bytes that every build starts from.
Bytes buffer_of(const Fields& inputs) {
    constexpr std::uint32_t length_max = 1U << 24U;
    const auto length = inputs.decimal<std::uint32_t>("buf");
    if (length > length_max) {
        throw FormatError(inputs.line(), "the buffer is too large to be true");
    }
    return Bytes(length);
}

Verdict parse_tcp(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("seg").expand();
    return compare(record, subject.parse_tcp(bytes, record.inputs.address_pair("verify")));
}

// LEN@SEQ:MAX
struct PayloadInput {
    Run run;
    std::uint64_t max = 0;
};

std::optional<PayloadInput> parse_payload(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto run = parse_run(text.substr(0, colon));
    const auto max = parse_decimal(text.substr(colon + 1), std::numeric_limits<std::uint64_t>::max());
    if (!run || !max) {
        return std::nullopt;
    }
    return PayloadInput{*run, *max};
}

Verdict build_tcp(const Record& record, Subject& subject, const Variation& variation) {
    const Fields& inputs = record.inputs;
    TcpBuild build;
    build.seq = inputs.decimal<std::uint32_t>("seq");
    build.ack = inputs.decimal<std::uint32_t>("ack");
    build.flags = inputs.hex<std::uint8_t>("flags");
    build.window = inputs.decimal<std::uint16_t>("win");
    if (inputs.text("mssopt") != "-") {
        build.mss_option = inputs.decimal<std::uint16_t>("mssopt");
    }
    build.mss_remaining = inputs.decimal<std::uint16_t>("mss");
    build.addressing.source_port = inputs.decimal<std::uint16_t>("sport");
    build.addressing.destination_port = inputs.decimal<std::uint16_t>("dport");
    build.addressing.addresses = inputs.address_pair("csum");
    std::optional<GeneratedSource> source;
    if (inputs.text("pay") != "-") {
        const auto payload = inputs.checked("pay", parse_payload(inputs.text("pay")));
        source.emplace(payload.run, static_cast<SourceKind>(variation.pick(record.line, 0, 3)));
        build.payload = &*source;
        build.payload_max = payload.max;
    }
    Bytes buffer = buffer_of(inputs);
    return compare(record, subject.write_tcp(buffer, build));
}

Verdict checksum(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Fields& inputs = record.inputs;
    const std::string_view name = inputs.text("proto");
    if (name != "tcp" && name != "udp") {
        throw FormatError(record.line, fmt::format("the protocol '{}' is not known", name));
    }
    const auto protocol = name == "tcp" ? Protocol::tcp : Protocol::udp;
    const AddressPair addresses{inputs.ipv4("src"), inputs.ipv4("dst")};
    const Bytes bytes = inputs.bytes("data").expand();
    return compare<Checksum>(record, subject.transport_checksum(protocol, addresses, bytes));
}

Verdict order(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const auto a = record.inputs.decimal<std::uint32_t>("a");
    const auto b = record.inputs.decimal<std::uint32_t>("b");
    return compare<Order>(record, subject.order(a, b));
}

Verdict rst(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("seg").expand();
    return compare(record, subject.rst_for(bytes));
}

Verdict parse_ethernet(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("data").expand();
    return compare(record, subject.parse_ethernet(bytes));
}

Verdict build_ethernet(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Fields& inputs = record.inputs;
    const EthernetBuild build{inputs.mac("dst"), inputs.mac("src"), inputs.hex<std::uint16_t>("type"),
                              inputs.decimal<std::uint64_t>("plen")};
    Bytes buffer = buffer_of(inputs);
    return compare(record, subject.write_ethernet(buffer, build));
}

Verdict parse_arp(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("data").expand();
    return compare(record, subject.parse_arp_request(bytes));
}

Verdict build_arp(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Fields& inputs = record.inputs;
    const std::string_view operation = inputs.text("op");
    if (operation != "request" && operation != "reply") {
        throw FormatError(record.line, fmt::format("the operation '{}' is not known", operation));
    }
    const ArpBuild build{operation == "request", inputs.mac("sha"), inputs.ipv4("spa"), inputs.mac("tha"),
                         inputs.ipv4("tpa")};
    Bytes buffer = buffer_of(inputs);
    return compare(record, subject.write_arp(buffer, build));
}

Verdict match_arp(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("data").expand();
    return compare<Match>(record, subject.is_arp_frame_for(bytes, record.inputs.ipv4("addr")));
}

Verdict parse_ipv4_packet(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("data").expand();
    return compare(record, subject.parse_ipv4(bytes, record.inputs.bit("verify")));
}

Verdict build_ipv4(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Fields& inputs = record.inputs;
    const Ipv4Build build{inputs.decimal<std::uint8_t>("proto"),
                          inputs.ipv4("src"),
                          inputs.ipv4("dst"),
                          inputs.decimal<std::uint16_t>("opts"),
                          inputs.decimal<std::uint16_t>("plen"),
                          inputs.bit("csum")};
    Bytes buffer = buffer_of(inputs);
    return compare(record, subject.write_ipv4(buffer, build));
}

Verdict match_ipv4(const Record& record, Subject& subject, const Variation& /*variation*/) {
    const Bytes bytes = record.inputs.bytes("data").expand();
    return compare<Match>(record, subject.is_ipv4_frame_for(bytes, record.inputs.ipv4("addr")));
}

struct Operation {
    Kind kind;
    std::string_view verb;
    Verdict (*run)(const Record&, Subject&, const Variation&);
};

constexpr std::array operations{
    Operation{Kind::tcp_parse, "parse", parse_tcp},
    Operation{Kind::tcp_write, "build", build_tcp},
    Operation{Kind::checksum, "csum", checksum},
    Operation{Kind::seq, "seq", order},
    Operation{Kind::rst, "rst", rst},
    Operation{Kind::ethernet, "eth_parse", parse_ethernet},
    Operation{Kind::ethernet, "eth_build", build_ethernet},
    Operation{Kind::arp, "arp_parse", parse_arp},
    Operation{Kind::arp, "arp_build", build_arp},
    Operation{Kind::arp, "arp_spec", match_arp},
    Operation{Kind::ipv4, "ip_parse", parse_ipv4_packet},
    Operation{Kind::ipv4, "ip_build", build_ipv4},
    Operation{Kind::ipv4, "ip_spec", match_ipv4},
};

const Operation& operation_of(Kind kind, const Record& record) {
    const auto fits = [&](const Operation& operation) {
        return operation.kind == kind && operation.verb == record.verb;
    };
    const auto* const operation = std::find_if(operations.begin(), operations.end(), fits);
    if (operation == operations.end()) {
        throw FormatError(record.line, fmt::format("the verb '{}' is not known in this kind of file", record.verb));
    }
    return *operation;
}

}  // namespace

std::optional<Difference> replay_codec(Kind kind, const Record& record, Subject& subject, const Variation& variation) {
    const Operation& operation = operation_of(kind, record);
    require_result(record);
    require_no_changes(record);
    Verdict verdict;
    try {
        verdict = operation.run(record, subject, variation);
    } catch (const BrokenPromise& broken) {
        verdict = fmt::format("broken promise: {}", broken.what());
    }
    if (!verdict) {
        return std::nullopt;
    }
    return make_difference(record, "", *verdict);
}

}  // namespace conformance
