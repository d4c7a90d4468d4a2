// SPDX-License-Identifier: Apache-2.0
#include "conformance/replay.hpp"

#include <utility>

#include "conformance/codec_replay.hpp"
#include "conformance/trace.hpp"
#include "conformance/trace_replay.hpp"

namespace conformance {

namespace {

void count(Summary& summary, std::optional<Difference> difference) {
    ++summary.cases;
    if (difference) {
        summary.differences.push_back(std::move(*difference));
    }
}

}  // namespace

Difference make_difference(const Record& record, std::string context, std::string got) {
    const std::string_view input = record.text.substr(0, record.text.find(" -> "));
    return {record.line, std::move(context), std::string(input), std::string(record.result_text), std::move(got)};
}

Summary replay(const Document& document, Subject& subject, const Variation& variation) {
    Summary summary;
    if (document.kind() == Kind::connection) {
        for (const Trace& trace : read_traces(document)) {
            TraceOutcome outcome = replay_trace(trace, subject, variation);
            count(summary, std::move(outcome.difference));
            summary.restored += outcome.restored;
            if (outcome.contradiction) {
                summary.contradictions.push_back(std::move(*outcome.contradiction));
            }
        }
        return summary;
    }
    for (const Record& record : document.records()) {
        count(summary, replay_codec(document.kind(), record, subject, variation));
    }
    return summary;
}

}  // namespace conformance
