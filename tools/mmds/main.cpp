// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <exception>
#include <iostream>

#include "control_client.hpp"
#include "options.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
    try {
        const auto parsed = mmds::parse_options(argc, argv);
        if (!parsed.options) {
            return parsed.status;
        }
        const auto& options = *parsed.options;
        const bool right =
            options.command ? mmds::run_command(options.control, *options.command) : mmds::Program(options).run();
        return right && std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::cerr << "dumbo-mmds: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
