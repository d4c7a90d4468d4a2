// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/record.hpp"

namespace conformance {

enum class Kind : std::uint8_t { connection, tcp_parse, tcp_write, checksum, seq, rst, ethernet, arp, ipv4 };

// A vector file, split into records. It owns the text that the records refer to.
class Document {
public:
    // Throws FormatError.
    explicit Document(std::string text);

    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] const std::vector<Record>& records() const { return records_; }

private:
    std::string text_;
    Kind kind_ = Kind::connection;
    std::vector<Record> records_;
};

}  // namespace conformance
