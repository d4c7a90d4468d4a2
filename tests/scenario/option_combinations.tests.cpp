// SPDX-License-Identifier: Apache-2.0
// Every one of the 2^8 combinations of options: each option does what it says, and only that, whatever the others are.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

using scenario::play;

namespace {

constexpr std::array<std::string_view, 8> option_names{
    "ack_unacceptable",   "strict_dup_ack",    "zero_window_probe", "window_update",
    "tolerant_handshake", "strict_acceptance", "rfc5961",           "linger"};
constexpr unsigned combinations = 1U << option_names.size();

class Combination {
public:
    explicit Combination(unsigned bits) : bits_(bits) {}

    [[nodiscard]] bool has(std::string_view name) const {
        for (std::size_t i = 0; i < option_names.size(); ++i) {
            if (option_names[i] == name) {
                return (bits_ >> i & 1U) != 0;
            }
        }
        throw std::logic_error("no such option");
    }

    // As a term of a script.
    [[nodiscard]] std::string term() const {
        std::string names;
        for (const auto name : option_names) {
            if (has(name)) {
                names += (names.empty() ? "" : "|") + std::string(name);
            }
        }
        return "options=" + (names.empty() ? "none" : names);
    }

private:
    unsigned bits_;
};

// Plays a script in which {options} stands for the combination and {} for what depends on it.
void play_all(std::string_view script, std::string (*depends)(const Combination&)) {
    for (unsigned bits = 0; bits < combinations; ++bits) {
        const Combination combination(bits);
        play(fmt::format(fmt::runtime(script), fmt::arg("options", combination.term()),
                         fmt::arg("then", depends(combination))));
    }
}

}  // namespace

TEST_CASE("2^8 combinations: a keep-alive is answered with ack_unacceptable alone") {
    play_all(
        R"(
        established {options}
        < . 0:0(0) ack 1 win 65535
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("ack_unacceptable") ? "> . 1:1(0) ack 1 win 65535" : "silent";
        });
}

TEST_CASE("2^8 combinations: an ACK with payload is a duplicate without strict_dup_ack alone") {
    play_all(
        R"(
        established {options}
        send 100
        > . 1:101(100) ack 1 win 65535
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("strict_dup_ack") ? "< P. 1:11(10) ack 1 win 65535 => deliver 10\n"
                                              "> . 101:101(0) ack 11 win 65525"
                                            : "< P. 1:11(10) ack 1 win 65535 => deliver 10 anomalies DUP_ACK\n"
                                              "> . 1:101(100) ack 11 win 65525";
        });
}

TEST_CASE("2^8 combinations: a closed window is probed with zero_window_probe alone") {
    play_all(
        R"(
        established peer=0 rto=100 {options}
        send 5
        silent
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("zero_window_probe") ? "+100 > . 1:2(1) ack 1 win 65535" : "+100 silent";
        });
}

TEST_CASE("2^8 combinations: growth of our window is announced with window_update alone") {
    play_all(
        R"(
        established window=10000 mss=1000 {options}
        < P. 1:1001(1000) ack 1 win 65535  => deliver 1000
        > . 1:1(0) ack 1001 win 9000
        advance 1000
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("window_update") ? "> . 1:1(0) ack 1001 win 10000" : "silent";
        });
}

TEST_CASE("2^8 combinations: a crossing SYN is survived with tolerant_handshake alone") {
    play_all(
        R"(
        open {options}
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < S 0:0(0) win 65535 <mss 1460>
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("tolerant_handshake") ? "< . 1:1(0) ack 1 win 65535\nexpect est=1"
                                                : "< . 1:1(0) ack 1 win 65535 => anomalies "
                                                  "INVALID_SEGMENT|CONN_RESETTING\nexpect est=0";
        });
}

TEST_CASE("2^8 combinations: payload without ACK is dropped with strict_acceptance alone") {
    play_all(
        R"(
        established {options}
        {then}
    )",
        [](const Combination& on) -> std::string {
            if (!on.has("strict_acceptance")) {
                return "< P 1:11(10) win 65535 => deliver 10\n> . 1:1(0) ack 11 win 65525";
            }
            return "< P 1:11(10) win 65535 => anomalies INVALID_ACK\nsilent";
        });
}

TEST_CASE("2^8 combinations: a RST inside the window is challenged with rfc5961 alone") {
    play_all(
        R"(
        established {options}
        {then}
    )",
        [](const Combination& on) -> std::string {
            return on.has("rfc5961")
                       ? "< R 2:2(0) win 0 => anomalies INVALID_RST|CHALLENGE_ACK\n> . 1:1(0) ack 1 win 65535"
                       : "< R 2:2(0) win 0 => anomalies RESET_RECEIVED\nexpect reset=1";
        });
}

TEST_CASE("2^8 combinations: the FIN's acknowledgement is waited for with linger alone") {
    play_all(
        R"(
        established {options}
        < F. 1:1(0) ack 1 win 65535
        close
        > F. 1:1(0) ack 2 win 65534
        {then}
        < . 2:2(0) ack 2 win 65535
        expect done=1 state=CLOSED
    )",
        [](const Combination& on) -> std::string { return on.has("linger") ? "expect done=0" : "expect done=1"; });
}

TEST_CASE("2^8 combinations: a wrong ACK is challenged once with strict_acceptance, whatever it carries") {
    play_all(
        R"(
        established rto=100 {options}
        {then}
    )",
        [](const Combination& on) -> std::string {
            if (!on.has("strict_acceptance")) {
                return "< P. 1:11(10) ack 2 win 65535 => deliver 10 anomalies INVALID_ACK\n"
                       "> . 1:1(0) ack 11 win 65525";
            }
            return "< P. 1:11(10) ack 2 win 65535 => anomalies INVALID_ACK|CHALLENGE_ACK\n"
                   "> . 1:1(0) ack 1 win 65535\n"
                   "+99 < P. 1:11(10) ack 2 win 65535 => anomalies INVALID_ACK\n"
                   "silent\n"
                   "+1 < P. 1:11(10) ack 2 win 65535 => anomalies INVALID_ACK|CHALLENGE_ACK\n"
                   "> . 1:1(0) ack 1 win 65535";
        });
}
