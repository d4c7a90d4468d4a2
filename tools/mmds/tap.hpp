// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "attachment.hpp"

namespace mmds {

/**
 * One guest behind a TAP device, which is made where it does not exist. Throws where that is impossible.
 *
 * @param offloads  whether checksums and the cutting of long segments are left to the kernel, in both directions
 */
std::unique_ptr<Attachment> attach_tap(const std::string& name, bool offloads, GuestMaker& guests);

}  // namespace mmds
