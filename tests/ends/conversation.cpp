// SPDX-License-Identifier: Apache-2.0
#include "ends/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "ends/failure.hpp"

namespace ends {

namespace {

using Side = Journal::Side;

class Conversation {
public:
    Conversation(const Plan& plan, const std::optional<Restore>& restore)
        : plan_(plan),
          restore_(restore),
          to_server_(dumbo_test::random_bytes(plan.from_client, plan.seed ^ 1U)),
          to_client_(dumbo_test::random_bytes(plan.from_server, plan.seed ^ 2U)),
          client_(plan.habits, to_server_, plan.seed ^ 3U),
          server_(plan.service.is_stack ? make_stack_server(plan.service, to_client_, plan.seed ^ 4U)
                                        : make_connection_server(plan.service, to_client_, plan.seed ^ 4U)),
          weather_(plan.forecast, plan.seed ^ 5U) {
        journal_.begin(plan.habits.isn);
    }

    Result run() {
        Result result;
        try {
            result.outcome = talk();
        } catch (const Failure& failure) {
            result.what = failure.what();
        }
        result.hash = journal_.hash();
        result.calls = calls_;
        result.journal = journal_.text();
        return result;
    }

private:
    Outcome talk() {
        now_ = 1;
        client_.open(now_);
        for (;;) {
            deliver_outbox();
            const Time server_at = server_->deadline(now_);
            if (const auto outcome = judge(server_at)) {
                return *outcome;
            }
            const Time next = std::min({weather_.next_arrival(), client_.deadline(), server_at});
            check_progress(next);
            now_ = std::max(now_, next);
            act();
        }
    }

    // One thing that is due; whatever else is due comes in its turn.
    void act() {
        if (weather_.next_arrival() <= now_) {
            const Parcel parcel = weather_.take();
            if (parcel.from == Side::client) {
                server_->receive(parcel.bytes, parcel.is_damaged, now_);
                count_call();
            } else if (const auto segment = decode(parcel.bytes)) {
                demand(!parcel.is_damaged, "our own checksum is right");
                client_.take(*segment, now_);
            } else {
                demand(parcel.is_damaged, "the server writes right checksums");
            }
        } else if (client_.deadline() <= now_) {
            client_.wake(now_);
        } else {
            server_->run_application(now_);
            count_call();
        }
        listen_to_server();
    }

    // Until it has nothing more to say: no more segments than the client's window has bytes for, and a few without.
    void listen_to_server() {
        constexpr std::uint32_t most = 65535 / 5 + 8;
        std::uint32_t segments = 0;
        while (auto segment = server_->next(now_)) {
            count_call();
            ++segments;
            demand(segments <= most, "the server does not stop to send");
            weather_.send(std::move(*segment), Side::server, now_, journal_);
        }
        count_call();
    }

    void deliver_outbox() {
        for (const Segment& segment : client_.take_outbox()) {
            weather_.send(encode(segment), Side::client, now_, journal_);
        }
    }

    void count_call() {
        ++calls_;
        if (restore_ && calls_ == restore_->after_calls) {
            server_->restore(now_, restore_->ahead);
        }
    }

    [[nodiscard]] std::optional<Outcome> judge(Time server_at) {
        check_prefix(server_->received(), to_server_, checked_at_server_, "the server got other bytes than were sent");
        check_prefix(client_.received(), to_client_, checked_at_client_, "the client got other bytes than were sent");
        if (server_->is_given_up()) {
            return Outcome::given_up;
        }
        demand(!server_->is_reset(), "the server has reset the connection");
        demand(!client_.is_reset() || server_->is_finished(), "the client was reset");
        if (server_->is_finished()) {
            demand(server_->received() == to_server_, "a FIN before the end of what the client sent");
            demand(client_.received() == to_client_ && client_.is_fin_received(),
                   "a FIN acknowledged before the end of what the server sent");
            return Outcome::intact;
        }
        if (weather_.next_arrival() == never && server_at == never) {
            return judge_silence();
        }
        return std::nullopt;
    }

    // Nothing is on its way, and the server waits for nothing but the client.
    [[nodiscard]] std::optional<Outcome> judge_silence() const {
        if (now_ >= plan_.forecast.dead_from) {
            return Outcome::waiting;
        }
        if (client_.deadline() != never) {
            return std::nullopt;
        }
        const bool may_probe = (plan_.service.options & DUMBO_OPTION_ZERO_WINDOW_PROBE) != 0;
        demand(!may_probe && server_->has_more_to_send() && client_.has_room(),
               "both wait for each other, and not because a lost window update is asked for by nobody");
        return Outcome::stalled;
    }

    // Each byte that has come in since the last time is looked at.
    static void check_prefix(View got, View wanted, std::size_t& checked, const char* rule) {
        demand(got.size() <= wanted.size() && checked <= got.size(), rule);
        demand(dumbo_test::same_bytes(got.subspan(checked), wanted.subspan(checked, got.size() - checked)), rule);
        checked = got.size();
    }

    // Something must get further now and then: in time, and in what both say meanwhile.
    void check_progress(Time next) {
        const std::uint64_t progress = server_->received().size() + client_.received().size() +
                                       (client_.is_established() ? 1U : 0U) + (client_.is_fin_received() ? 1U : 0U);
        if (progress != progress_) {
            progress_ = progress;
            progressed_at_ = next;
            steps_ = 0;
        }
        ++steps_;
        const Time slowest = std::max({plan_.habits.rto_max, plan_.service.rto_period, plan_.habits.pause,
                                       plan_.service.pause, plan_.forecast.delay * 5});
        demand(next != never && next - progressed_at_ <= 400 * slowest, "nothing gets further any more");
        demand(steps_ <= 20000, "both ends talk without end");
    }

    const Plan& plan_;
    std::optional<Restore> restore_;
    Bytes to_server_;
    Bytes to_client_;
    Client client_;
    std::unique_ptr<Server> server_;
    Weather weather_;
    Journal journal_;
    Time now_ = 0;
    std::uint64_t calls_ = 0;
    std::size_t checked_at_server_ = 0;
    std::size_t checked_at_client_ = 0;
    std::uint64_t progress_ = 0;
    Time progressed_at_ = 0;
    std::uint32_t steps_ = 0;
};

}  // namespace

Result converse(const Plan& plan, const std::optional<Restore>& restore) {
    return Conversation(plan, restore).run();
}

Result converse_twice(const Plan& plan) {
    Result first = converse(plan, std::nullopt);
    if (first.outcome == Outcome::failed) {
        return first;
    }
    Random random(plan.seed ^ 6U);
    const Restore restore{.after_calls = 1 + random.below(first.calls + 1), .ahead = random.below(2) * random.word()};
    Result second = converse(plan, restore);
    if (second.outcome == Outcome::failed) {
        second.what += fmt::format(" (restored after call {})", restore.after_calls);
        return second;
    }
    if (second.hash != first.hash || second.outcome != first.outcome) {
        second.outcome = Outcome::failed;
        second.what = fmt::format("restored after call {}, the conversation goes another way; the original's end:\n{}",
                                  restore.after_calls, first.journal);
    }
    return second;
}

}  // namespace ends
