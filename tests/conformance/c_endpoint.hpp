// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "conformance/subject.hpp"

namespace conformance {

// Opens a connection through the C interface.
[[nodiscard]] Answer<std::unique_ptr<Endpoint>> open_c_endpoint(ByteView syn, const OpenRequest& request,
                                                                Storage storage);

}  // namespace conformance
