// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/byte_source.hpp>
#include <dumbo/error.hpp>
#include <dumbo/tcp_segment.hpp>

#include <vector>

#include "conformance/subject.hpp"

namespace conformance {

// Neutral types to those of the C++ interface and back.

[[nodiscard]] Failure failure_of(dumbo::Error error);
[[nodiscard]] dumbo::Ipv4AddressPair to_dumbo(const AddressPair& pair);
[[nodiscard]] RstConfig from_dumbo(const dumbo::RstConfig& config);

// Fills in what a written segment lacks.
[[nodiscard]] ByteView complete(dumbo::IncompleteTcpSegment segment, const Addressing& addressing);

// A generated source, lent to the library.
class LentSource {
public:
    explicit LentSource(const GeneratedSource& source);

    LentSource(const LentSource&) = delete;
    LentSource& operator=(const LentSource&) = delete;

    [[nodiscard]] const dumbo::ByteSource& bytes() const { return bytes_; }

private:
    std::vector<dumbo::ByteSource::Piece> pieces_;
    dumbo::ByteSource bytes_;
};

}  // namespace conformance
