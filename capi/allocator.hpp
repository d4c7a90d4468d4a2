// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <optional>

// Where the memory of an object comes from.
namespace dumbo::capi {

// The caller's allocator, or the C library's for NULL. Empty if the caller's is not acceptable.
[[nodiscard]] std::optional<dumbo_allocator> effective_allocator(const dumbo_allocator* allocator) noexcept;

}  // namespace dumbo::capi
