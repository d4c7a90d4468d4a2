// SPDX-License-Identifier: Apache-2.0
#include "attachment.hpp"

#include <algorithm>
#include <utility>

namespace mmds {

std::unique_ptr<Guest> GuestMaker::make(const std::string& name) {
    if (guests_ >= guests_max_) {
        ++counters_.guests_refused;
        return nullptr;
    }
    auto guest = make_(name);
    ++guests_;
    ++counters_.guests_attached;
    return guest;
}

void GuestMaker::release(const Guest& guest) {
    --guests_;
    ++counters_.guests_detached;
    add(counters_.interfaces, guest.counters());
}

Line* Attachment::plug_in(const std::string& name, std::unique_ptr<Cable> cable) {
    auto guest = guests_.make(name);
    if (guest == nullptr) {
        return nullptr;
    }
    lines_.push_back(std::make_unique<Line>(name, std::move(cable), std::move(guest)));
    return lines_.back().get();
}

void Attachment::transmit(Time now) {
    for (const auto& line : lines_) {
        guests_.counters().frames_lost += line->transmit(now);
    }
    std::erase_if(lines_, [this](const auto& line) {
        if (line->is_unplugged()) {
            unplugged(*line);
            guests_.release(line->guest());
        }
        return line->is_unplugged();
    });
}

Time Attachment::deadline(Time now) const {
    Time first = never;
    for (const auto& line : lines_) {
        first = std::min(first, line->deadline(now));
    }
    return first;
}

}  // namespace mmds
