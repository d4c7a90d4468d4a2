// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/result.hpp>
#include <dumbo/seq_number.hpp>

namespace dumbo::inline v0 {

// A number that a guest cannot predict. RFC 6528 derives one from a secret key and a clock; 32 bits straight from the
// operating system give the same protection without a key to keep. Errors: no_entropy.
Result<SeqNumber> choose_initial_sequence_number() noexcept;

}  // namespace dumbo::inline v0
