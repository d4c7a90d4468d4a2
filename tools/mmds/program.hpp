// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "attachment.hpp"
#include "control_server.hpp"
#include "counters.hpp"
#include "document.hpp"
#include "notify.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "recorder.hpp"
#include "service.hpp"
#include "signals.hpp"
#include "tokens.hpp"

namespace mmds {

/** The server as a whole: everything that the options say, until a signal ends it. */
class Program {
public:
    explicit Program(const Options& options);

    /** Returns whether everything went right. */
    bool run();

private:
    void attach();
    void listen_to_host();
    void wait();
    void take_signals();
    void reload();
    void restore();
    void save();
    void stop();
    void report_progress();
    void serve();
    void transmit();
    [[nodiscard]] Time timeout() const;
    [[nodiscard]] Counters sum() const;
    [[nodiscard]] bool is_finished() const;

    const Options& options_;
    Signals signals_;
    Counters counters_;
    Document document_;
    Tokens tokens_;
    Service service_;
    Recorder recorder_;
    GuestMaker guests_;
    std::vector<std::unique_ptr<Attachment>> attachments_;
    std::unique_ptr<ControlServer> control_;
    Notifier notifier_;
    Progress progress_;
    PollSet poll_;
    bool stopping_ = false;
    bool saved_ = false;  ///< what the guests have open goes on in another process
};

}  // namespace mmds
