// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "attachment.hpp"

namespace mmds {

/**
 * Listens where QEMU's `-netdev stream` connects to: a connection for each guest, in which every frame follows its
 * length, four bytes, big-endian.
 */
std::unique_ptr<Attachment> attach_qemu_stream(const std::string& path, GuestMaker& guests);

}  // namespace mmds
