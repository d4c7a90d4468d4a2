// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "ends/failure.hpp"
#include "ends/patience.hpp"
#include "ends/server.hpp"
#include "support/handles.hpp"

namespace ends {

namespace {

using dumbo_test::Handle;
using dumbo_test::sized;

const dumbo_address_pair from_client = {{169, 254, 0, 2}, {169, 254, 169, 254}};

dumbo_addressing to_client() {
    auto result = sized<dumbo_addressing>();
    result.source_port = server_port;
    result.destination_port = client_port;
    std::memcpy(result.source, from_client.destination, sizeof result.source);
    std::memcpy(result.destination, from_client.source, sizeof result.destination);
    return result;
}

std::int32_t read_bytes(void* user_data, std::uint64_t offset, std::uint8_t* dst, std::size_t len) {
    const View bytes = *static_cast<const View*>(user_data);
    std::ranges::copy(bytes.subspan(static_cast<std::size_t>(offset), len), dst);
    return 0;
}

// What is lent to one write, in one of the three forms.
class Source {
public:
    Source(View bytes, std::uint32_t seq, Random& random) : bytes_(bytes) {
        payload_.kind = static_cast<std::uint32_t>(random.below(3));
        payload_.seq = seq;
        payload_.len = bytes.size();
        payload_.bytes = bytes.data();
        const std::size_t cut = random.below(bytes.size() + 1);
        pieces_ = {dumbo_iovec{bytes.data(), cut}, dumbo_iovec{nullptr, 0},
                   dumbo_iovec{bytes.data() + cut, bytes.size() - cut}};
        payload_.iovecs = pieces_.data();
        payload_.iovec_count = pieces_.size();
        payload_.read = read_bytes;
        payload_.user_data = &bytes_;
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;
    ~Source() = default;

    [[nodiscard]] const dumbo_payload* get() const { return &payload_; }

private:
    View bytes_;
    std::array<dumbo_iovec, 3> pieces_{};
    dumbo_payload payload_ = sized<dumbo_payload>();
};

class ConnectionServer final : public Server {
public:
    ConnectionServer(const Service& service, Bytes outgoing, std::uint64_t seed)
        : service_(service),
          outgoing_(std::move(outgoing)),
          random_(seed),
          patience_(service.rto_period, service.rto_count_max),
          supplied_(service.pause == 0 ? outgoing_.size() : 0) {}

    void receive(View segment, bool is_damaged, Time now) override {
        if (!connection_) {
            open(segment, is_damaged, now);
            return;
        }
        if (is_over_) {
            refuse(segment, is_damaged);
            return;
        }
        const bool is_heard = !is_damaged && is_word(fields_of(segment));
        // A SYN that comes again has the SYNACK go again.
        const bool is_syn =
            !is_damaged && fields_of(segment).has(syn_bit) && !dumbo_connection_is_established(connection_.get());
        const std::uint32_t before = next_expected();
        const auto [code, bytes] = take(segment, now + ahead_);
        demand((code == DUMBO_ERR_CHECKSUM || code == DUMBO_ERR_HEADER_LENGTH) == is_damaged,
               "a damaged segment is refused, and no other");
        demand_ok(is_damaged ? DUMBO_OK : code, "receive_segment");
        demand(bytes.size() <= window_told_, "more than our window was taken");
        demand(next_expected() - before >= bytes.size(), "what is delivered moves RCV.NXT");
        received_.insert(received_.end(), bytes.begin(), bytes.end());
        unread_ += static_cast<std::uint32_t>(bytes.size());
        if (is_heard) {
            patience_.heard(now);
        } else if (is_syn) {
            patience_.restarted(now);
        }
        if (service_.pause == 0) {
            read(unread_);
        } else if (application_at_ == never && unread_ > 0) {
            application_at_ = now + 1 + random_.below(service_.pause);
        }
        is_over_ = dumbo_connection_is_reset(connection_.get());
        was_reset_ = is_over_;
        watch(now);
    }

    std::optional<Bytes> next(Time now) override {
        if (!rsts_.empty()) {
            return std::exchange(rsts_, {});
        }
        std::optional<Bytes> segment;
        bool has_closed = true;
        while (!segment && has_closed && connection_ && !is_over_) {
            segment = write(now);
            has_closed = close_if_all_is_sent();
        }
        return segment;
    }

    Time deadline(Time now) override {
        if (!connection_ || is_over_) {
            return never;
        }
        std::uint64_t deadline = 0;
        const std::uint32_t status = dumbo_connection_control_segment_or_timeout_status(connection_.get(), &deadline);
        const bool is_early = !dumbo_connection_is_established(connection_.get());
        demand(status != DUMBO_NEXT_SEGMENT_AVAILABLE || is_early, "available, and nothing was written");
        patience_.check_alive(now);
        if (status != DUMBO_NEXT_SEGMENT_TIMEOUT) {
            return application_at_;
        }
        demand(deadline > now + ahead_, "a timeout in the past, and nothing was written");
        patience_.check_deadline(deadline - ahead_);
        return std::min(application_at_, deadline - ahead_);
    }

    void run_application(Time now) override {
        if (application_at_ > now || !connection_ || is_over_) {
            return;
        }
        read(std::min<std::uint32_t>(unread_, 1 + static_cast<std::uint32_t>(random_.below(service_.read_max))));
        supplied_ = std::min(outgoing_.size(), supplied_ + 1 + random_.below(1 + outgoing_.size() / 3));
        close_if_all_is_sent();
        application_at_ = supplied_ < outgoing_.size() || unread_ > 0 ? now + 1 + random_.below(service_.pause) : never;
    }

    void restore(Time now, Time ahead) override {
        if (!connection_) {
            return;
        }
        std::array<std::uint8_t, DUMBO_SNAPSHOT_LENGTH_MAX> bytes{};
        std::size_t length = 0;
        demand_ok(dumbo_connection_snapshot(connection_.get(), bytes.data(), bytes.size(), &length), "snapshot");
        auto config = sized<dumbo_restore_config>();
        if (ahead != 0) {
            config.flags = DUMBO_RESTORE_REBASE;
            config.old_now = now + ahead_;
            config.new_now = now + ahead_ + ahead;
        }
        dumbo_connection* restored = nullptr;
        demand_ok(dumbo_connection_restore(&restored, bytes.data(), length, &config, nullptr), "restore");
        connection_.reset(restored);
        ahead_ += ahead;
    }

    [[nodiscard]] bool is_given_up() const override { return is_given_up_; }
    [[nodiscard]] bool is_reset() const override { return was_reset_; }
    [[nodiscard]] bool is_finished() const override {
        return connection_ && dumbo_connection_fin_received(connection_.get()) &&
               dumbo_connection_fin_acknowledged(connection_.get());
    }
    [[nodiscard]] bool has_more_to_send() const override {
        return connection_ && offset_of(dumbo_connection_first_not_sent(connection_.get())) < outgoing_.size();
    }
    [[nodiscard]] const Bytes& received() const override { return received_; }

private:
    void open(View segment, bool is_damaged, Time now) {
        auto config = sized<dumbo_connection_config>();
        config.local_rwnd_size = service_.window;
        config.rto_period = service_.rto_period;
        config.rto_count_max = service_.rto_count_max;
        config.flags = DUMBO_CONFIG_ISN;
        config.isn = service_.isn;
        config.options = service_.options;
        dumbo_connection* connection = nullptr;
        const std::int32_t code =
            dumbo_connection_passive_open(&connection, segment.data(), segment.size(), &from_client, &config, nullptr);
        if (is_damaged) {
            demand(code == DUMBO_ERR_CHECKSUM || code == DUMBO_ERR_HEADER_LENGTH, "a damaged SYN is refused");
            return;
        }
        demand_ok(code, "passive_open");
        connection_.reset(connection);
        if (service_.close == Service::Close::at_once) {
            demand_ok(dumbo_connection_close_after(connection, static_cast<std::uint32_t>(outgoing_.size())), "close");
        }
        application_at_ = service_.pause == 0 ? never : now + 1 + random_.below(service_.pause);
        patience_.heard(now);
        watch(now);
    }

    std::optional<Bytes> write(Time now) {
        Bytes buffer(service_.write_buffer);
        std::size_t written = 0;
        auto sent = sized<dumbo_sent>();
        const dumbo_addressing addressing = to_client();
        const std::size_t acknowledged = offset_of(dumbo_connection_highest_ack_received(connection_.get()));
        // A source may begin before the byte to send.
        const std::size_t from = acknowledged - std::min(acknowledged, random_.below(3));
        const View bytes = View(outgoing_).first(supplied_).subspan(from);
        const Source source(bytes, service_.isn + 1 + static_cast<std::uint32_t>(from), random_);
        const bool has_data = acknowledged < supplied_;
        demand_ok(dumbo_connection_write_next_segment(connection_.get(), buffer.data(), buffer.size(), 0,
                                                      has_data ? source.get() : nullptr, &addressing, now + ahead_,
                                                      &written, &sent),
                  "write_next_segment");
        if (sent.cause == DUMBO_CAUSE_GIVEN_UP) {
            patience_.check_given_up(now);
            is_given_up_ = is_over_ = true;
        } else if (sent.cause == DUMBO_CAUSE_RESET) {
            was_reset_ = is_over_ = true;
        }
        watch(now);
        buffer.resize(written);
        return written > 0 ? std::optional(buffer) : std::nullopt;
    }

    // There is no connection any more.
    void refuse(View segment, bool is_damaged) {
        if (is_damaged || fields_of(segment).has(rst_bit)) {
            return;
        }
        auto rst = sized<dumbo_rst_config>();
        demand_ok(dumbo_rst_config_for_segment(segment.data(), segment.size(), &rst), "rst_config_for_segment");
        rsts_.resize(DUMBO_TCP_HEADER_LENGTH);
        std::size_t written = 0;
        const dumbo_addressing addressing = to_client();
        demand_ok(dumbo_rst_write(rsts_.data(), rsts_.size(), &rst, &addressing, &written), "rst_write");
    }

    // With a copy or in place.
    std::pair<std::int32_t, Bytes> take(View segment, Time now) {
        std::size_t offset = 0;
        std::size_t received = 0;
        window_told_ = dumbo_connection_local_rwnd(connection_.get());
        if (random_.below(2) == 0) {
            const std::int32_t code = dumbo_connection_receive_segment_in_place(
                connection_.get(), segment.data(), segment.size(), &from_client, now, &offset, &received, nullptr);
            return {code, dumbo_test::copy_of(segment.subspan(offset, received))};
        }
        Bytes buffer(segment.size());
        const std::int32_t code =
            dumbo_connection_receive_segment(connection_.get(), segment.data(), segment.size(), &from_client,
                                             buffer.data(), buffer.size(), now, &received, nullptr);
        buffer.resize(received);
        return {code, buffer};
    }

    // A valid ACK; but before the connection is established, with strict_acceptance, none from outside of our window: a
    // client that has filled it answers a repeated SYNACK from the window's edge, and is not heard.
    [[nodiscard]] bool is_word(const Segment& segment) const {
        const std::uint32_t una = dumbo_connection_highest_ack_received(connection_.get());
        const std::uint32_t nxt = dumbo_connection_first_not_sent(connection_.get());
        const bool is_strict = (service_.options & DUMBO_OPTION_STRICT_ACCEPTANCE) != 0 &&
                               !dumbo_connection_is_established(connection_.get());
        const std::uint32_t distance = segment.seq - next_expected();
        const bool is_inside = distance == 0 || distance < dumbo_connection_local_rwnd(connection_.get());
        return !segment.has(syn_bit) && segment.ack - una <= nxt - una && (is_inside || !is_strict);
    }

    void read(std::uint32_t bytes) {
        if (bytes > 0) {
            demand_ok(dumbo_connection_advance_local_rwnd_edge(connection_.get(), bytes), "advance_local_rwnd_edge");
            unread_ -= bytes;
        }
    }

    bool close_if_all_is_sent() {
        const bool is_time =
            service_.close == Service::Close::when_all_is_sent ||
            (service_.close == Service::Close::after_the_client && dumbo_connection_fin_received(connection_.get()));
        if (!is_closed_ && !is_over_ && is_time && dumbo_connection_is_established(connection_.get()) &&
            offset_of(dumbo_connection_first_not_sent(connection_.get())) == outgoing_.size()) {
            demand_ok(dumbo_connection_close(connection_.get()), "close");
            is_closed_ = true;
            return true;
        }
        return false;
    }

    // While a control segment is due, it is not told whether a closed window is waited for.
    void watch(Time now) {
        const std::uint32_t una = dumbo_connection_highest_ack_received(connection_.get());
        const std::uint32_t nxt = dumbo_connection_first_not_sent(connection_.get());
        const std::uint32_t status = dumbo_connection_control_segment_or_timeout_status(connection_.get(), nullptr);
        if (una == nxt && status == DUMBO_NEXT_SEGMENT_AVAILABLE) {
            return;
        }
        const bool waits = una != nxt || status == DUMBO_NEXT_SEGMENT_TIMEOUT;
        const std::uint32_t edge = dumbo_connection_remote_rwnd_edge(connection_.get());
        patience_.waiting(!is_over_ && waits, status == DUMBO_NEXT_SEGMENT_TIMEOUT && at_or_after(nxt, edge), now);
    }

    [[nodiscard]] std::uint32_t next_expected() const { return dumbo_connection_next_expected(connection_.get()); }
    // Into the outgoing stream; a FIN that is counted in lies behind it.
    [[nodiscard]] std::size_t offset_of(std::uint32_t seq) const {
        const std::uint32_t offset = seq - (service_.isn + 1);
        return at_or_after(seq, service_.isn + 1) ? std::min<std::size_t>(offset, outgoing_.size()) : 0;
    }

    Service service_;
    Bytes outgoing_;
    Random random_;
    Patience patience_;
    Handle connection_;
    std::size_t supplied_ = 0;
    Bytes received_;
    Bytes rsts_;
    std::uint32_t unread_ = 0;
    std::uint32_t window_told_ = 0;
    Time ahead_ = 0;
    Time application_at_ = never;
    bool is_closed_ = false;
    bool is_given_up_ = false;
    bool was_reset_ = false;
    bool is_over_ = false;
};

}  // namespace

std::unique_ptr<Server> make_connection_server(const Service& service, Bytes outgoing, std::uint64_t seed) {
    return std::make_unique<ConnectionServer>(service, std::move(outgoing), seed);
}

}  // namespace ends
