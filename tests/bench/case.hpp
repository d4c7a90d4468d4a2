// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// What the benchmark is made of.
namespace bench {

// Something that can be done over and over. Every call in it has its result looked at, whether it is measured or not.
class Scenario {
public:
    Scenario() = default;
    Scenario(const Scenario&) = delete;
    Scenario& operator=(const Scenario&) = delete;
    virtual ~Scenario() = default;

    // Does it so many times.
    virtual void run(std::uint64_t times) = 0;
    // Does it a few times, and looks at what has come of it. Ends the program if that is wrong.
    virtual void check() = 0;
};

// One row of the table: a subject, and in which way it is done where there are several. The scenario is made when it is
// needed: there are expensive ones.
struct Case {
    std::string subject;
    std::string way;
    std::function<std::unique_ptr<Scenario>()> make;
    // Of a stream: the payload of one segment, which is what run() does once.
    std::uint64_t segment_payload = 0;

    [[nodiscard]] std::string name() const { return way.empty() ? subject : subject + ", " + way; }
};

// A row that is the difference of two subjects, in each way that both have.
struct Difference {
    std::string subject;
    std::string minuend;
    std::string subtrahend;
};

// How many times as long the same takes in one way as in another.
struct Comparison {
    std::string numerator;
    std::string denominator;
};

struct Suite {
    std::vector<Case> cases;
    std::vector<Difference> differences;
    std::vector<Comparison> comparisons;
    // What cannot be measured here, and why.
    std::vector<std::string> missing;
};

}  // namespace bench
