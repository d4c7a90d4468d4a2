// SPDX-License-Identifier: Apache-2.0

// What nearly every test reads first, compiled once for each program of tests. No source includes this file: each names
// what it needs, and all of them build with -Db_pch=false.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

// Not every program has fmt, and where that comes from a wrap the others do not find it.
#if __has_include(<fmt/format.h>)
#include <fmt/format.h>
#endif
