// SPDX-License-Identifier: Apache-2.0
#pragma once

// For a program with a main() of its own, in that one file.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "support/catch.hpp"
