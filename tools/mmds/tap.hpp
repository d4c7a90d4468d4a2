// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "attachment.hpp"

namespace mmds {

/** One guest behind a TAP device, which is made where it does not exist. Throws where that is impossible. */
std::unique_ptr<Attachment> attach_tap(const std::string& name, GuestMaker& guests);

}  // namespace mmds
