// SPDX-License-Identifier: Apache-2.0
#include "conformance/state_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace conformance {

namespace {

std::string to_text(std::uint32_t number) {
    return fmt::format("{}", number);
}

std::string to_text(bool bit) {
    return bit ? "1" : "0";
}

std::string to_text(const NextSegment& next) {
    switch (next.kind) {
        case NextSegment::Kind::nothing:
            return "N";
        case NextSegment::Kind::available:
            return "A";
        case NextSegment::Kind::timeout:
            return fmt::format("T{}", next.deadline);
    }
    return "?";
}

}  // namespace

std::string describe_difference(const ConnectionState& wanted, const ConnectionState& got) {
    std::string text = "state:";
    const auto compare = [&](std::string_view name, auto member) {
        if (wanted.*member != got.*member) {
            text += fmt::format(" {} wanted {}, got {};", name, to_text(wanted.*member), to_text(got.*member));
        }
    };
    compare("fns", &ConnectionState::first_not_sent);
    compare("har", &ConnectionState::highest_ack_received);
    compare("rre", &ConnectionState::remote_rwnd_edge);
    compare("est", &ConnectionState::established);
    compare("fin", &ConnectionState::fin_received);
    compare("done", &ConnectionState::done);
    compare("dup", &ConnectionState::dup_ack_pending);
    compare("next", &ConnectionState::next);
    text.pop_back();
    return text;
}

}  // namespace conformance
