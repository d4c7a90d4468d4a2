// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mmds {

/** Which requests need a token: see --imds. */
enum class Imds {
    any,  ///< none does, but one that is sent has to be right
    v1,   ///< none does, and none is looked at
    v2    ///< every GET does
};

}  // namespace mmds
