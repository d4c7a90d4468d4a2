// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/document.hpp"
#include "conformance/subject.hpp"
#include "conformance/variation.hpp"

namespace conformance {

// A case that did not come out as recorded.
struct Difference {
    std::size_t line = 0;
    std::string context;  // the lines that opened the trace; empty outside traces
    std::string input;
    std::string wanted;
    std::string got;
};

[[nodiscard]] Difference make_difference(const Record& record, std::string context, std::string got);

// A case is a trace of a connection file, and a record of any other.
struct Summary {
    std::size_t cases = 0;
    std::size_t restored = 0;  // connections, from their snapshots
    std::vector<Difference> differences;
    std::vector<Difference> contradictions;  // see TraceOutcome
};

// Throws FormatError.
[[nodiscard]] Summary replay(const Document& document, Subject& subject, const Variation& variation);

}  // namespace conformance
