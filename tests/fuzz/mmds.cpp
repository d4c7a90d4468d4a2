// SPDX-License-Identifier: Apache-2.0
// The target `mmds`: what a guest says over HTTP, and what the host says over the control socket, as dumbo-mmds takes
// it, without sockets.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control.hpp"
#include "document.hpp"
#include "exchange.hpp"
#include "frame_stream.hpp"
#include "host_commands.hpp"
#include "service.hpp"
#include "state.hpp"

#include "fuzz/support/decisions.hpp"
#include "fuzz/support/require.hpp"

namespace fuzz {
namespace {

using mmds::Exchange;
using mmds::Time;

constexpr mmds::GuestId guest = 7;
constexpr std::size_t document_max = 4096;
constexpr std::string_view document =
    R"({"latest":{"meta-data":{"id":"i-1","mac":""},"user-data":"text","n":5},"a":[]})";

/** Words that a request is made of, so that few decisions make one that gets far. */
constexpr std::string_view words[] = {
    "GET ",
    "PUT ",
    "HEAD ",
    "POST ",
    "/latest/meta-data/",
    "/latest/api/token",
    "/latest/user-data",
    "/2021-03-23/meta-data/id",
    "/",
    "http://169.254.169.254/",
    "%2f",
    "%",
    "?",
    "#",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "Host: x\r\n",
    "\r\n",
    "GET /latest/meta-data/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /latest/n HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n",
    "PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n",
    "X-aws-ec2-metadata-token-ttl-seconds: ",
    "X-metadata-token: ",
    "21600\r\n",
    "Accept: application/json\r\n",
    "Accept: */*, text/html;q=1\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "X-Forwarded-For: y\r\n",
};

/** All that an exchange needs around it. */
struct Site {
    explicit Site(mmds::Imds imds) : service(contents, tokens, imds, counters) {
        tokens.restore({}, 0);
        contents.replace(document);
    }

    mmds::Counters counters;
    mmds::Document contents{document_max};
    mmds::Tokens tokens;
    mmds::Service service;
    mmds::ExchangeLimits limits{.head = 600, .fields = 8};
};

std::string text_of(Decisions& in, std::size_t size) {
    const auto taken = in.bytes(size);
    return {reinterpret_cast<const char*>(taken.data), taken.size};
}

/* ------------------------------------------------------------------------------------------------ the guest ---- */

class Talk {
public:
    explicit Talk(Decisions& in)
        : in_(in), site_(in.one_of({mmds::Imds::any, mmds::Imds::v1, mmds::Imds::v2})), exchange_(begin()) {}

    void run() {
        while (!in_.are_over()) {
            step();
            check();
        }
    }

private:
    std::unique_ptr<Exchange> begin() {
        ++events;
        unsent_.clear();
        return std::make_unique<Exchange>(site_.service, site_.limits, guest, now_);
    }

    void step() {
        const std::uint8_t what = in_.byte();
        switch (what / 32) {
            case 0:
            case 1:
            case 2:
                unsent_ += words[what % std::size(words)];
                return hand_over();
            case 3:
                unsent_ += text_of(in_, 1 + what % 32);
                return hand_over();
            case 4:
                unsent_ += token_;
                unsent_ += "\r\n";
                return hand_over();
            case 5:
                return read(what % 32 == 31 ? in_.byte() : SIZE_MAX);
            case 6:
                return wait(what % 32);
            default:
                return end(what % 32);
        }
    }

    void hand_over() {
        const bool over = exchange_->is_over();
        const std::size_t taken = exchange_->receive(unsent_, now_);
        ++events;
        require(taken <= unsent_.size(), "more was taken than was there");
        require(!over || taken == unsent_.size(), "what is of no use was not taken");
        unsent_.erase(0, taken);
        // Whoever is not listened to waits: the window is closed then.
        if (unsent_.size() > site_.limits.head) {
            unsent_.clear();
        }
    }

    void read(std::size_t most) {
        const std::string_view output = exchange_->output();
        const std::size_t size = output.size() < most ? output.size() : most;
        constexpr std::string_view separator = "\r\n\r\n";
        if (size == output.size() && output.starts_with("HTTP/1.1 200")) {
            const auto head = output.find(separator);
            require(head != std::string_view::npos, "a response has no end of its head");
            if (last_.method == "PUT") {
                token_ = output.substr(head + separator.size());
            }
        }
        exchange_->sent(size, now_);
        ++events;
        hand_over();
    }

    void wait(unsigned how) {
        now_ += how < 16 ? Time{how} * mmds::second : 0;
        if (how >= 16 && exchange_->deadline() != mmds::never) {
            now_ = now_ > exchange_->deadline() ? now_ : exchange_->deadline() - (how & 1U);
        }
        ++events;
        if (!exchange_->expire(now_)) {
            exchange_ = begin();
        }
    }

    void end(unsigned how) {
        if (how < 8) {
            ++events;
            exchange_->peer_closed(now_);
        } else if (how < 16) {
            carry();
        } else if (how < 20 || exchange_->is_over()) {
            exchange_ = begin();
        }
    }

    /** Goes on in another process, which is the same. */
    void carry() {
        events += 2;
        const auto state = exchange_->save(now_);
        exchange_ = std::make_unique<Exchange>(site_.service, site_.limits, guest, now_, state);
        const auto again = exchange_->save(now_);
        require(again.head == state.head && again.output == state.output && again.body_left == state.body_left &&
                    again.over == state.over && again.peer_closed == state.peer_closed &&
                    again.asked_for_token == state.asked_for_token && again.time_left <= state.time_left,
                "a saved exchange is another one");
    }

    void check() {
        if (auto answered = exchange_->take_answered()) {
            last_ = std::move(*answered);
            const auto output = exchange_->output();
            require(last_.status >= 200 && last_.status < 600 && last_.size > 0, "an answer has an impossible status");
            require(output.empty() || output.starts_with("HTTP/1."), "an answer is not HTTP");
            require(output.empty() || output.size() == last_.size, "an answer has another length");
        }
        require(exchange_->output().size() < document_max + 1024, "an answer is longer than the document");
    }

    Decisions& in_;
    Site site_;
    Time now_ = 1000 * mmds::second;
    std::string unsent_;
    std::string token_;
    mmds::Answered last_;
    std::unique_ptr<Exchange> exchange_;
};

/* ------------------------------------------------------------------------------------------------- the host ---- */

void command(Decisions& in) {
    constexpr std::string_view commands[] = {"PUT", "PATCH", "GET", "COUNTERS", ""};
    mmds::Document contents(document_max);
    contents.replace(document);
    mmds::HostCommands host(contents, [] { return std::string("n 1\n"); });
    while (!in.are_over()) {
        mmds::ControlReader reader(host.body_max());
        const std::string body = text_of(in, in.byte());
        std::string message = mmds::to_text({std::string(in.one_of(commands)), body});
        const bool damaged = in.one_in(4);
        if (damaged) {
            message[in.byte() % message.size()] = static_cast<char>(in.byte());
        }
        const std::size_t cut = in.byte() % (message.size() + 1);
        reader.take(std::string_view(message).substr(0, cut));
        reader.take(std::string_view(message).substr(cut));
        events += 2;
        require(damaged || reader.state() == mmds::ControlReader::State::complete, "a command was not understood");
        if (reader.state() != mmds::ControlReader::State::complete) {
            continue;
        }
        require(damaged || reader.message().body == body, "a command has another body");
        const std::string before = contents.text();
        const auto response = host.execute(reader.message());
        ++events;
        require(mmds::is_success(response) || contents.text() == before, "a command failed and changed the document");
        static_cast<void>(mmds::parse_target(body));
        ++events;
    }
}

void restore_state(Decisions& in) {
    mmds::State state;
    state.now = in.number_64();
    const auto guests = in.below(4);
    for (std::uint32_t i = 0; i < guests; ++i) {
        mmds::GuestState one;
        one.name = text_of(in, in.below(16));
        const auto stack = text_of(in, in.below(64));
        one.stack.assign(stack.begin(), stack.end());
        one.exchanges[in.byte()].head = text_of(in, in.below(16));
        state.guests.push_back(one);
    }
    auto bytes = mmds::to_bytes(state);
    const auto changes = in.below(8);
    for (std::uint32_t i = 0; i < changes; ++i) {
        bytes[in.number_16() % bytes.size()] = in.byte();
    }
    const auto rest = text_of(in, in.left());
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    events += 2;
    try {
        const auto parsed = mmds::parse_state(bytes);
        require(mmds::to_bytes(mmds::parse_state(mmds::to_bytes(parsed))) == mmds::to_bytes(parsed),
                "a state is another one when it is written again");
    } catch (const mmds::StateError&) {
        require(changes > 0 || !rest.empty(), "a state cannot be read");
    }
}

/** A stream of frames, in pieces as a socket would bring them. */
void cut_stream(Decisions& in) {
    constexpr std::size_t longest = 100;
    mmds::FrameStream stream(longest);
    while (!in.are_over() && !stream.is_broken()) {
        const auto room = stream.room();
        require(!room.empty(), "there is no room for the next bytes");
        const auto piece = in.bytes(1 + in.below(64));
        const std::size_t size = piece.size < room.size() ? piece.size : room.size();
        std::copy_n(piece.data, size, room.begin());
        stream.filled(size);
        ++events;
        for (auto frame = stream.next(); !frame.empty(); frame = stream.next()) {
            ++events;
            require(frame.size() <= longest, "a frame is too long");
        }
    }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Decisions in(data, size);
    switch (in.below(8)) {
        case 5:
            fuzz::command(in);
            break;
        case 6:
            fuzz::restore_state(in);
            break;
        case 7:
            fuzz::cut_stream(in);
            break;
        default:
            fuzz::Talk(in).run();
            break;
    }
    return 0;
}
