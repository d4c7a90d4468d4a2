// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "counters.hpp"
#include "line.hpp"
#include "poll_set.hpp"

namespace mmds {

/** Makes the guests of all attachments, as many as there may be at a time. */
class GuestMaker {
public:
    using Make = std::function<std::unique_ptr<Guest>(const std::string& name)>;

    GuestMaker(Make make, std::size_t guests_max, Counters& counters)
        : make_(std::move(make)), guests_max_(guests_max), counters_(counters) {}

    /** NULL if there are too many already. */
    std::unique_ptr<Guest> make(const std::string& name);

    /** Counts a guest that is gone. */
    void release(const Guest& guest);

    Counters& counters() { return counters_; }

private:
    Make make_;
    std::size_t guests_max_;
    std::size_t guests_ = 0;
    Counters& counters_;
};

/** Where guests are plugged in: one descriptor or several, and a line to each guest. */
class Attachment {
public:
    explicit Attachment(GuestMaker& guests) : guests_(guests) {}
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    Attachment(Attachment&&) = delete;
    Attachment& operator=(Attachment&&) = delete;
    virtual ~Attachment() = default;

    virtual void watch(PollSet& poll) const = 0;

    /** Takes frames from those of the descriptors that are ready, a batch at most of each. */
    virtual void receive(const PollSet& poll, Time now) = 0;

    /** Sends what there is, and forgets guests that are gone. */
    void transmit(Time now);

    [[nodiscard]] Time deadline(Time now) const;

    [[nodiscard]] const std::vector<std::unique_ptr<Line>>& lines() const { return lines_; }

protected:
    /** So many frames come in before answers go out. */
    static constexpr int batch = 64;

    /** NULL if there is no room. */
    Line* plug_in(const std::string& name, std::unique_ptr<Cable> cable);
    GuestMaker& guests() { return guests_; }

    /** Hears of every line that goes, for descriptors that belong to it. */
    virtual void unplugged(const Line& line) = 0;

private:
    GuestMaker& guests_;
    std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace mmds
