// SPDX-License-Identifier: Apache-2.0
#include "tcp/initial_sequence_number.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstdint>

namespace dumbo::inline v0 {

Result<SeqNumber> choose_initial_sequence_number() noexcept {
    const int caller_errno = errno;
    std::uint32_t number = 0;
    if (getentropy(&number, sizeof number) != 0) {
        errno = caller_errno;
        return Error::no_entropy;
    }
    return SeqNumber(number);
}

}  // namespace dumbo::inline v0
