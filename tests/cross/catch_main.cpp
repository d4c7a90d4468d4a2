// SPDX-License-Identifier: Apache-2.0

// Catch2 2 as its header has it, for machines for which no package has it compiled.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
