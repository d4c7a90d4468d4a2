// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>
#include <vector>

#include "ends/failure.hpp"
#include "ends/server.hpp"
#include "support/handles.hpp"

namespace ends {

namespace {

using dumbo_test::get16;
using dumbo_test::put16;
using dumbo_test::sized;

const Bytes client_mac = {6, 1, 0x23, 0x45, 0x67, 0x89};
const Bytes server_mac = {2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
constexpr std::size_t segment_at = 34;

Bytes frame_around(View segment) {
    Bytes ip = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0};
    ip = dumbo_test::concat({ip, client_ip, server_ip});
    put16(ip, 2, static_cast<std::uint16_t>(ip.size() + segment.size()));
    put16(ip, 10, internet_checksum(ip));
    return dumbo_test::concat({server_mac, client_mac, Bytes{8, 0}, ip, segment});
}

Bytes segment_in(View frame) {
    demand(frame.size() >= segment_at + 20, "a frame with a segment in it");
    demand(dumbo_test::same_bytes(frame.first(6), client_mac) &&
               dumbo_test::same_bytes(frame.subspan(6, 6), server_mac) && get16(frame, 12) == 0x0800,
           "a frame from our stack to the client");
    const View packet = frame.subspan(14);
    demand(packet[0] == 0x45 && get16(packet, 2) == packet.size() && internet_checksum(packet.first(20)) == 0,
           "an IPv4 packet as long as its frame, with the right checksum");
    return dumbo_test::copy_of(frame.subspan(segment_at));
}

class StackServer final : public Server {
public:
    StackServer(const Service& service, Bytes outgoing, std::uint64_t seed)
        : service_(service), outgoing_(std::move(outgoing)), random_(seed) {
        const dumbo_stack_config how = config();
        dumbo_stack* stack = nullptr;
        demand_ok(dumbo_stack_create(&stack, &how, nullptr), "stack_create");
        stack_.reset(stack);
    }

    void receive(View segment, bool is_damaged, Time now) override {
        auto verdict = sized<dumbo_frame_verdict>();
        const Bytes frame = frame_around(segment);
        demand_ok(dumbo_stack_receive_frame(stack_.get(), frame.data(), frame.size(), now + ahead_, nullptr, &verdict),
                  "receive_frame");
        const bool is_refused = verdict.error == DUMBO_ERR_CHECKSUM || verdict.error == DUMBO_ERR_HEADER_LENGTH;
        demand(is_refused == is_damaged, "a damaged segment is refused, and no other");
        latest_news_ = is_damaged ? latest_news_ : now;
        const bool is_word =
            verdict.kind == DUMBO_FRAME_OPENING || (verdict.kind == DUMBO_FRAME_RECEIVED && verdict.error == DUMBO_OK &&
                                                    verdict.anomalies == 0 && !fields_of(segment).has(syn_bit));
        last_heard_ = is_word ? now : last_heard_;
        take_events(now);
    }

    std::optional<Bytes> next(Time now) override {
        Bytes frame(1514);
        std::size_t written = 0;
        demand_ok(dumbo_stack_next_frame(stack_.get(), frame.data(), frame.size(), now + ahead_, &written, nullptr),
                  "next_frame");
        frame.resize(written);
        take_events(now);
        return written > 0 ? std::optional(segment_in(frame)) : std::nullopt;
    }

    Time deadline(Time now) override {
        std::uint32_t status = 0;
        std::uint64_t deadline = 0;
        demand_ok(dumbo_stack_next_status(stack_.get(), now + ahead_, &status, &deadline), "next_status");
        demand(status != DUMBO_NEXT_SEGMENT_AVAILABLE, "available, and nothing was written");
        if (status != DUMBO_NEXT_SEGMENT_TIMEOUT) {
            return application_at_;
        }
        demand(deadline > now + ahead_, "a timeout in the past, and nothing was written");
        return std::min(application_at_, deadline - ahead_);
    }

    void run_application(Time now) override {
        if (application_at_ > now || id_ == 0) {
            return;
        }
        read(1 + random_.below(service_.read_max));
        supply(1 + random_.below(1 + outgoing_.size() / 3), now);
        close_if_it_is_time(now);
        application_at_ = is_idle() ? never : now + 1 + random_.below(service_.pause);
    }

    void restore(Time now, Time ahead) override {
        std::size_t length = 0;
        demand_ok(dumbo_stack_snapshot(stack_.get(), nullptr, 0, &length), "stack_snapshot");
        Bytes bytes(length);
        demand_ok(dumbo_stack_snapshot(stack_.get(), bytes.data(), bytes.size(), &length), "stack_snapshot");
        auto how_to = sized<dumbo_restore_config>();
        if (ahead != 0) {
            how_to.flags = DUMBO_RESTORE_REBASE;
            how_to.old_now = now + ahead_;
            how_to.new_now = now + ahead_ + ahead;
        }
        const dumbo_stack_config how = config();
        dumbo_stack* restored = nullptr;
        demand_ok(dumbo_stack_restore(&restored, bytes.data(), length, &how, &how_to, nullptr), "stack_restore");
        stack_.reset(restored);
        ahead_ += ahead;
        if (const std::size_t lent = lent_now(); lent > 0) {
            const View again = View(outgoing_).first(supplied_).last(lent);
            demand_ok(dumbo_stack_lend(stack_.get(), id_, again.data(), again.size()), "lend again");
        }
    }

    [[nodiscard]] bool is_given_up() const override { return is_given_up_; }
    [[nodiscard]] bool is_reset() const override { return is_reset_; }
    [[nodiscard]] bool is_finished() const override { return is_finished_; }
    [[nodiscard]] bool has_more_to_send() const override {
        auto info = sized<dumbo_connection_info>();
        return dumbo_stack_connection_info(stack_.get(), id_, &info) == DUMBO_OK && info.queued + info.lent > 0;
    }
    [[nodiscard]] const Bytes& received() const override { return received_; }

private:
    [[nodiscard]] dumbo_stack_config config() const {
        dumbo_stack_config how{};
        demand_ok(dumbo_stack_config_init(&how, sizeof how), "stack_config_init");
        std::ranges::copy(server_mac, how.mac);
        std::ranges::copy(server_ip, how.ipv4);
        how.ports[0] = server_port;
        how.max_connections = 2;
        how.max_half_open = 1;
        how.options = service_.options;
        how.receive_buffer = service_.window;
        how.send_buffer = 700;
        how.rto_period = service_.rto_period;
        how.rto_count_max = service_.rto_count_max;
        how.hash_key = 7;
        return how;
    }

    void take_events(Time now) {
        for (auto event = next_event(); event.kind != DUMBO_STACK_EVENT_NONE; event = next_event()) {
            if (event.kind == DUMBO_STACK_EVENT_OPENED) {
                demand(id_ == 0, "one connection");
                id_ = event.connection;
                application_at_ = service_.pause == 0 ? never : now + 1 + random_.below(service_.pause);
            } else if (event.kind == DUMBO_STACK_EVENT_CLOSED) {
                application_at_ = never;
                id_ = 0;
                is_finished_ = event.reason == DUMBO_STACK_REASON_FINISHED;
                break;
            } else if (event.kind == DUMBO_STACK_EVENT_PEER_CLOSED) {
                fin_received_ = true;
            }
            if (event.kind != DUMBO_STACK_EVENT_OPENED && service_.pause > 0 && application_at_ == never) {
                application_at_ = now + 1 + random_.below(service_.pause);
            }
            if (service_.pause == 0) {
                read(service_.window);
                supply(outgoing_.size(), now);
            }
            close_if_it_is_time(now);
        }
        note_ending(now);
    }

    // Also of a handshake, which has no event. Counters begin anew with every restore.
    void note_ending(Time now) {
        auto counters = sized<dumbo_interface_counters>();
        demand_ok(dumbo_stack_counters(stack_.get(), &counters), "stack_counters");
        is_finished_ = is_finished_ || counters.finished > 0;
        is_reset_ =
            is_reset_ || counters.reset + counters.reset_by_peer + counters.evicted + counters.half_open_evicted > 0;
        if (counters.timed_out > 0 && !is_given_up_) {
            is_given_up_ = true;
            check_patience(now);
        }
    }

    // A handshake that is given up has no event: the application has not heard of it. A stack does not tell when it
    // began to wait: it was when something was heard or supplied, and a closed window costs a timeout more.
    void check_patience(Time now) const {
        demand(now <= latest_news_ + service_.rto_period * (Time{service_.rto_count_max} + 1), "given up too late");
        demand(now >= last_heard_ + service_.rto_period * (Time{service_.rto_count_max} - 1), "given up too early");
    }

    [[nodiscard]] dumbo_stack_event next_event() const {
        auto event = sized<dumbo_stack_event>();
        demand_ok(dumbo_stack_next_event(stack_.get(), &event), "next_event");
        return event;
    }

    [[nodiscard]] bool is_idle() const {
        auto info = sized<dumbo_connection_info>();
        demand_ok(dumbo_stack_connection_info(stack_.get(), id_, &info), "connection_info");
        return info.readable == 0 && (is_full_ || supplied_ == outgoing_.size());
    }

    void read(std::size_t most) {
        while (most > 0) {
            const std::uint8_t* data = nullptr;
            std::size_t length = 0;
            demand_ok(dumbo_stack_read(stack_.get(), id_, &data, &length), "read");
            length = std::min(length, most);
            if (length == 0) {
                return;
            }
            received_.insert(received_.end(), data, data + length);
            std::size_t consumed = 0;
            demand_ok(dumbo_stack_consume(stack_.get(), id_, length, &consumed), "consume");
            demand(consumed == length, "what was read can be consumed");
            most -= length;
        }
    }

    // Some of it is copied, and some lent.
    void supply(std::size_t most, Time now) {
        if (is_closed_) {
            return;
        }
        const View more = View(outgoing_).subspan(supplied_, std::min(most, outgoing_.size() - supplied_));
        if (more.empty()) {
            return;
        }
        latest_news_ = now;
        if (lent_now() == 0 && random_.below(2) == 0) {
            demand_ok(dumbo_stack_lend(stack_.get(), id_, more.data(), more.size()), "lend");
            supplied_ += more.size();
            is_full_ = false;
        } else {
            std::size_t accepted = 0;
            demand_ok(dumbo_stack_write(stack_.get(), id_, more.data(), more.size(), &accepted), "write");
            supplied_ += accepted;
            is_full_ = accepted < more.size();
        }
    }

    [[nodiscard]] std::size_t lent_now() const {
        std::size_t lent = 0;
        return id_ != 0 && dumbo_stack_lent(stack_.get(), id_, &lent) == DUMBO_OK ? lent : 0;
    }

    void close_if_it_is_time(Time now) {
        const bool is_time = service_.close != Service::Close::after_the_client || fin_received_;
        if (!is_closed_ && is_time && supplied_ == outgoing_.size()) {
            demand_ok(dumbo_stack_close(stack_.get(), id_), "close");
            is_closed_ = true;
            latest_news_ = now;
        }
    }

    Service service_;
    Bytes outgoing_;
    Random random_;
    dumbo_test::StackHandle stack_;
    std::uint64_t id_ = 0;
    std::size_t supplied_ = 0;
    Bytes received_;
    Time ahead_ = 0;
    Time application_at_ = never;
    Time last_heard_ = 0;
    Time latest_news_ = 0;
    bool fin_received_ = false;
    bool is_closed_ = false;
    bool is_full_ = false;  // the stack's buffer
    bool is_given_up_ = false;
    bool is_reset_ = false;
    bool is_finished_ = false;
};

}  // namespace

std::unique_ptr<Server> make_stack_server(const Service& service, Bytes outgoing, std::uint64_t seed) {
    return std::make_unique<StackServer>(service, std::move(outgoing), seed);
}

}  // namespace ends
