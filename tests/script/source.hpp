// SPDX-License-Identifier: Apache-2.0
// The bytes that the script's application has to send, lent to the library in each of the ways the C ABI knows.
#pragma once

#include "script/numbering.hpp"

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace script {

enum class SourceKind { bytes, iovec, callback };

// What an application that only ever says `send` keeps: everything from the first byte on, or what is unacknowledged.
enum class Keep { all, unacknowledged };

// A run of sequence numbers of the host's, counted from its initial one.
struct Run {
    std::uint32_t first = 1;
    std::uint64_t length = 0;
};

class Source {
public:
    Source(SourceKind kind, Keep keep) : kind_(kind), keep_(keep) {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    // No source at all, which is not the same as an empty one.
    void remove() { run_.reset(); }

    // Exactly these bytes, whatever is acknowledged.
    void set(Run run);

    // More bytes behind those there are, or behind the SYN if there are none.
    void grow(std::uint64_t bytes);

    void set_kind(SourceKind kind) { kind_ = kind; }

    void make_reading_fail(bool fails) { fails_ = fails; }

    // The source as of now, NULL for none. It is good until the next call. `isn` and `una` are the host's initial
    // and first unacknowledged sequence numbers.
    [[nodiscard]] const dumbo_payload* lend(std::uint32_t isn, std::uint32_t una);

    // What the library asked of the callback that it must not ask for; empty most of the time.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

private:
    [[nodiscard]] Run kept(std::uint32_t una) const;
    void lend_bytes(std::uint32_t place, std::uint64_t length);
    void lend_pieces(std::uint32_t place, std::uint64_t length);
    void lend_callback();
    [[nodiscard]] std::int32_t read(std::uint64_t offset, std::uint8_t* dst, std::size_t length);

    SourceKind kind_;
    Keep keep_;
    std::optional<Run> run_;
    bool trims_ = true;
    bool fails_ = false;
    std::string complaint_;

    Run lent_;
    dumbo_payload payload_{};
    std::vector<std::vector<std::uint8_t>> material_;
    std::vector<dumbo_iovec> pieces_;
};

}  // namespace script
