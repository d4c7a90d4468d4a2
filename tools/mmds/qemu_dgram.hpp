// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "attachment.hpp"

namespace mmds {

/**
 * The far end of QEMU's `-netdev dgram`: a frame is a datagram, and guests are told apart by the address of their
 * socket. Where there is no room for another one, the one that was silent for longest and has no connection gives way.
 */
std::unique_ptr<Attachment> attach_qemu_dgram(const std::string& path, GuestMaker& guests);

}  // namespace mmds
