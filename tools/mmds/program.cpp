// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "clock.hpp"
#include "files.hpp"
#include "qemu_dgram.hpp"
#include "qemu_stream.hpp"
#include "state.hpp"
#include "tap.hpp"

namespace mmds {

namespace {

constexpr std::size_t state_max = std::size_t{1} << 32U;
constexpr int last_rounds = 2048;  // enough for as many connections as there may be

}  // namespace

Program::Program(const Options& options)
    : options_(options),
      document_(options.data_max),
      service_(document_, tokens_, options.imds, counters_),
      recorder_(options.pcap, options.ladder, read_clock(), read_clock(CLOCK_REALTIME) - read_clock()),
      guests_(
          [this](const std::string& name) {
              return std::make_unique<Guest>(options_.guest, service_, name, recorder_.observe(name));
          },
          options.guests_max, counters_),
      progress_(!options.ladder) {
    if (!options.data.empty()) {
        document_.replace(read_file(options.data, options.data_max));
    }
}

void Program::attach() {
    for (const auto& name : options_.taps) {
        attachments_.push_back(attach_tap(name, options_.offload, guests_));
    }
    for (const auto& path : options_.qemu_streams) {
        attachments_.push_back(attach_qemu_stream(path, guests_));
    }
    for (const auto& path : options_.qemu_dgrams) {
        attachments_.push_back(attach_qemu_dgram(path, guests_));
    }
}

/** After all that may fail: where the socket is, there is a server. */
void Program::listen_to_host() {
    if (options_.control.empty()) {
        return;
    }
    HostCommands commands(document_, [this] {
        std::ostringstream text;
        print(text, sum());
        return text.str();
    });
    control_ = std::make_unique<ControlServer>(options_.control, std::move(commands), counters_);
}

bool Program::run() {
    attach();
    restore();
    listen_to_host();
    notifier_.ready();
    while (!is_finished()) {
        wait();
        take_signals();
        if (!saved_) {  // the state would lack whatever came in or went out now
            serve();
        }
    }
    const auto left = sum().connections;
    stop();
    auto counters = sum();
    counters.connections = left;
    progress_.end(counters, read_clock());
    if (options_.stats) {
        print(std::cout, counters);
    }
    return recorder_.close();
}

void Program::wait() {
    poll_.clear();
    poll_.add(signals_.get(), POLLIN);
    for (const auto& attachment : attachments_) {
        attachment->watch(poll_);
    }
    if (control_) {
        control_->watch(poll_);
    }
    poll_.wait(timeout());
}

Time Program::timeout() const {
    const Time now = read_clock();
    Time deadline = std::min(progress_.deadline(), control_ ? control_->deadline() : never);
    for (const auto& attachment : attachments_) {
        deadline = std::min(deadline, attachment->deadline(now));
    }
    return deadline == never ? never : std::max(deadline, now) - now;
}

void Program::serve() {
    for (const auto& attachment : attachments_) {
        attachment->receive(poll_, read_clock());
    }
    transmit();
    if (control_) {
        control_->serve(poll_, read_clock());
    }
    report_progress();
}

void Program::transmit() {
    for (const auto& attachment : attachments_) {
        attachment->transmit(read_clock());
    }
}

bool Program::is_finished() const {
    return stopping_ || (options_.exit_after != 0 && counters_.connections_closed >= options_.exit_after);
}

void Program::take_signals() {
    while (const auto signal = signals_.next()) {
        switch (*signal) {
            case SIGHUP:
                reload();
                break;
            case SIGUSR1:
                save();
                break;
            case SIGUSR2:
                print(std::cout, sum());
                std::cout.flush();
                break;
            default:
                stopping_ = true;
        }
    }
}

void Program::reload() {
    notifier_.reloading();
    try {
        if (!options_.data.empty()) {
            document_.replace(read_file(options_.data, options_.data_max));
        }
        ++counters_.reloads;
    } catch (const std::exception& error) {
        ++counters_.reload_failures;
        std::cerr << "dumbo-mmds: " << options_.data << ": " << error.what() << "; the document stays as it was\n";
    }
    notifier_.ready();
}

void Program::report_progress() {
    const Time now = read_clock();
    if (poll_.has_ready()) {
        progress_.note();
    }
    if (progress_.deadline() <= now) {
        progress_.draw(sum(), now);
    }
}

/** Connections that cannot be saved are better served than lost. */
void Program::save() {
    if (options_.state.empty()) {
        std::cerr << "dumbo-mmds: SIGUSR1 has no effect without --state\n";
        return;
    }
    const Time now = read_clock();
    State state{now, tokens_.save(now), {}};
    for (const auto& attachment : attachments_) {
        for (const auto& line : attachment->lines()) {
            state.guests.push_back(line->guest().save(now));
            state.guests.back().attachment = attachment->name();
            state.guests.back().name = line->name();
        }
    }
    try {
        write_file(options_.state, to_bytes(state));
        saved_ = stopping_ = true;
    } catch (const std::exception& error) {
        std::cerr << "dumbo-mmds: " << error.what() << "; nothing is saved, and all goes on\n";
    }
}

/** A state is good for once: connections have gone on when it is found again. */
void Program::restore() {
    if (options_.state.empty() || !std::filesystem::exists(options_.state)) {
        return;
    }
    const auto bytes = read_file(options_.state, state_max);
    const auto state = parse_state({bytes.begin(), bytes.end()});
    const Time now = read_clock();
    tokens_.restore(state.tokens, now);
    for (const auto& guest : state.guests) {
        for (const auto& attachment : attachments_) {
            auto* const line = attachment->name() == guest.attachment ? attachment->restore(guest.name) : nullptr;
            if (line != nullptr) {
                line->guest().restore(guest, state.now, now);
            }
        }
    }
    std::filesystem::remove(options_.state);
}

/** Guests hear of the end, as far as their cables take it now. */
void Program::stop() {
    notifier_.stopping();
    control_.reset();
    if (saved_) {
        return;
    }
    for (const auto& attachment : attachments_) {
        for (const auto& line : attachment->lines()) {
            line->guest().abort_all();
        }
    }
    for (int i = 0; i < last_rounds && timeout() == 0; ++i) {
        transmit();
    }
}

Counters Program::sum() const {
    Counters counters = counters_;
    for (const auto& attachment : attachments_) {
        for (const auto& line : attachment->lines()) {
            add(counters.interfaces, line->guest().counters());
            counters.connections += line->guest().connections();
        }
    }
    return counters;
}

}  // namespace mmds
