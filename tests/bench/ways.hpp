// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "bench/c_abi.hpp"
#include "bench/case.hpp"
#include "bench/cpp_api.hpp"

// The same scenario in each way to call the library.
namespace bench {

template <typename Made, typename... Arguments>
void add_way(Suite& suite, std::string subject, std::string way, Arguments... arguments) {
    suite.cases.push_back(
        {std::move(subject), std::move(way), [arguments...] { return std::make_unique<Made>(arguments...); }});
}

template <template <typename Api> class Made, typename... Arguments>
void add_ways(Suite& suite, const std::string& subject, Arguments... arguments) {
    add_way<Made<CppApi>>(suite, subject, CppApi::name, arguments...);
    add_way<Made<CAbi>>(suite, subject, CAbi::name, arguments...);
}

// Through the C ABI, with a connection that counts.
template <template <typename Api> class Made, typename... Arguments>
void add_counted_way(Suite& suite, const std::string& subject, Shape shape, Arguments... arguments) {
    shape.counts = true;
    add_way<Made<CAbi>>(suite, subject, counted_way, shape, arguments...);
}

}  // namespace bench
