// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>

#include "work/families.hpp"

using namespace work;

namespace {

constexpr const char* usage =
    "usage: work               calls on the worst inputs of a family, for worst_case.py to count\n"
    "       work --thorough    of a larger family\n"
    "       work --segment FILE   on one segment, of whatever bytes, in every state\n";

int measure_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fmt::print(stderr, "work: cannot read {}\n", path);
        return 2;
    }
    measure_segment({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
    return 0;
}

int run(std::span<char*> words) {
    if (words.size() == 2 && words[0] == std::string_view("--segment")) {
        return measure_file(words[1]);
    }
    const bool is_thorough = words.size() == 1 && words[0] == std::string_view("--thorough");
    if (!words.empty() && !is_thorough) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    measure_receiving(is_thorough);
    measure_writing(is_thorough);
    measure_options();
    measure_growth();
    measure_stacks();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    } catch (const std::exception& error) {
        fmt::print(stderr, "work: not so: {}\n", error.what());
        return 2;
    }
}
