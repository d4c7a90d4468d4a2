// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <latch>
#include <thread>
#include <vector>

namespace dumbo_test {

inline constexpr std::size_t thread_count = 4;

// Runs job(0), job(1) and so on, each on a thread of its own, all from the same moment on; and what they return. Jobs
// use no macros of Catch2's, which are for one thread.
template <typename Job>
auto at_once(Job job) {
    std::vector<decltype(job(std::size_t{}))> results(thread_count);
    std::latch everybody_is_here(thread_count);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < thread_count; ++i) {
        threads.emplace_back([&, i] {
            everybody_is_here.arrive_and_wait();
            results[i] = job(i);
        });
    }
    threads.clear();  // waits for them
    return results;
}

}  // namespace dumbo_test
