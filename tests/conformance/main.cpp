// SPDX-License-Identifier: Apache-2.0
//
// replay FILE...: replays vector files and says where the library departs from them.

#include <fmt/format.h>

#include <exception>

#include "conformance/command.hpp"

int main(int argc, char** argv) {
    try {
        const auto subject = conformance::make_subject();
        return conformance::run_command({argv + 1, argv + argc}, *subject, conformance::Output{});
    } catch (const std::exception& error) {
        fmt::print(stderr, "replay: {}\n", error.what());
        return conformance::unusable_input;
    }
}
