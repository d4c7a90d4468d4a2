// SPDX-License-Identifier: Apache-2.0
#include "recorder.hpp"

#include <array>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <utility>

#include "examples/ladder.h"
#include "examples/pcap.h"
#include "examples/verdict.h"

namespace mmds {

namespace {

struct LadderDeleter {
    void operator()(ladder* ladder) const { ladder_free(ladder); }
};

/** The counterpart in words of the capture's and the ladder's. */
verdict translate(const dumbo_frame_verdict& from) {
    verdict to{};
    to.code = from.error;
    to.anomalies = from.anomalies;
    to.delivered = from.delivered;
    const bool is_ordinary = from.kind == DUMBO_FRAME_RECEIVED || from.kind == DUMBO_FRAME_ARP_REQUEST;
    to.remark = is_ordinary ? nullptr : dumbo_frame_verdict_name(from.kind);
    return to;
}

class GuestRecorder final : public Observer {
public:
    GuestRecorder(pcap* pcap, bool with_ladder, std::string name, Time start, std::uint64_t epoch)
        : name_(std::move(name)), pcap_(pcap), epoch_(epoch) {
        if (pcap_ != nullptr) {
            interface_ = pcap_add_interface(pcap_, name_.c_str());
        }
        if (with_ladder) {
            ladder_.reset(ladder_new(stdout, name_.c_str()));
            if (ladder_ == nullptr) {
                throw std::bad_alloc();
            }
            static_cast<void>(std::setvbuf(stdout, nullptr, _IOLBF, 0));  // somebody is looking on, even through a pipe
            ladder_start(ladder_.get(), start);
        }
    }

    void from_guest(Frame frame, Time now, const VirtioHeader* header, const dumbo_frame_verdict& verdict) override {
        record(FROM_GUEST, frame, now, header, translate(verdict));
    }

    void to_guest(Frame frame, Time now, const VirtioHeader* header) override {
        record(TO_GUEST, frame, now, header, {});
    }

    void answered(const Answered& what, Time now) override {
        if (ladder_) {
            const auto text = what.method + ' ' + what.target + ' ' + std::to_string(what.status) + ' ' +
                              std::to_string(what.size) + " bytes";
            ladder_say(ladder_.get(), now, text.c_str());
        }
    }

private:
    void record(direction direction, Frame frame, Time now, const VirtioHeader* header, verdict verdict) {
        verdict.checksum_left_out = header != nullptr && (header->flags & DUMBO_VIRTIO_NET_NEEDS_CHECKSUM) != 0;
        if (pcap_ != nullptr) {
            std::array<char, 256> comment{};
            const bool remarkable = verdict_text(&verdict, comment.data(), comment.size()) > 0;
            pcap_add(pcap_, interface_, direction, frame.data(), frame.size(), epoch_ + now,
                     remarkable ? comment.data() : nullptr);
        }
        if (ladder_) {
            ladder_add(ladder_.get(), direction, frame.data(), frame.size(), now, &verdict);
        }
    }

    std::string name_;
    pcap* pcap_;
    std::uint32_t interface_ = 0;
    std::unique_ptr<ladder, LadderDeleter> ladder_;
    std::uint64_t epoch_;
};

}  // namespace

void Recorder::PcapCloser::operator()(struct ::pcap* pcap) const {
    pcap_close(pcap);
}

Recorder::Recorder(const std::string& path, bool ladder, Time start, std::uint64_t epoch)
    : ladder_(ladder), start_(start), epoch_(epoch) {
    if (path.empty()) {
        return;
    }
    pcap_.reset(pcap_open(path.c_str(), 0));
    if (pcap_ == nullptr) {
        throw std::runtime_error("there is no capture file to write to");
    }
}

std::unique_ptr<Observer> Recorder::observe(const std::string& name) {
    if (pcap_ == nullptr && !ladder_) {
        return nullptr;
    }
    return std::make_unique<GuestRecorder>(pcap_.get(), ladder_, name, start_, epoch_);
}

bool Recorder::close() {
    return pcap_close(pcap_.release());
}

}  // namespace mmds
