// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "conformance/document.hpp"
#include "conformance/subject.hpp"

namespace conformance {

// The keys that stay as they are until a later line of the trace changes them.
struct Settings {
    std::uint64_t now = 0;
    std::uint32_t receive_buffer_length = 0;
    std::uint32_t write_buffer_length = 0;
    std::uint16_t mss_reserved = 0;
    Addressing addressing;
};

// One event of a trace: what to do, and what is wanted of it. Which members have a meaning depends on the verb.
struct Event {
    enum class Verb : std::uint8_t { receive, write, close, reset, advance, rst_config };

    Verb verb = Verb::close;
    const Record* record = nullptr;
    Settings settings;

    ByteString segment;         // to receive
    std::optional<Run> source;  // to write from
    std::uint32_t octets = 0;   // to advance by

    std::string_view failure;           // wanted, empty for success
    std::uint64_t length = 0;           // wanted of receive
    std::uint32_t anomalies = 0;        // wanted of receive
    std::optional<ByteString> written;  // wanted of write; nothing means that nothing is to be sent
    RstConfig rst_config;               // wanted of rst_config
    ConnectionState state;              // wanted afterwards, of all verbs
};

// The life of one connection. A trace that does not want the connection to open has no events.
struct Trace {
    const Record* header = nullptr;
    const Record* open = nullptr;

    ByteString syn;
    OpenRequest request;
    std::string_view failure;  // wanted of the opening, empty for success
    ConnectionState state;     // wanted after the opening
    std::vector<Event> events;
};

// The traces of a connection file. Throws FormatError; every value of the file has been looked at when it returns.
[[nodiscard]] std::vector<Trace> read_traces(const Document& document);

}  // namespace conformance
