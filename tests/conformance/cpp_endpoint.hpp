// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "conformance/subject.hpp"

namespace conformance {

// Opens a connection through the C++ interface. It is a value there: whose storage it lives in makes no difference.
[[nodiscard]] Answer<std::unique_ptr<Endpoint>> open_cpp_endpoint(ByteView syn, const OpenRequest& request);

}  // namespace conformance
