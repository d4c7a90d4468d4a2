// SPDX-License-Identifier: Apache-2.0
// Connections for the tests that a script cannot express.
#pragma once

#include "script/calls.hpp"
#include "script/endpoint.hpp"
#include "script/numbering.hpp"
#include "script/wire.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <vector>

namespace scenario {

// The first segment of the guest behind the handshake.
[[nodiscard]] inline std::vector<std::uint8_t> guest_segment(std::uint32_t length) {
    const script::Numbering numbering;
    const script::Packet packet{DUMBO_TCP_ACK, numbering.guest + 1, numbering.host + 1, 5000, length, {}};
    return script::encode(packet, script::Sender::guest, numbering);
}

// Nothing sent or received, a window of 65535 here and 5000 there, rto_period 100.
[[nodiscard]] inline script::OwnedConnection established_connection() {
    const script::Numbering numbering;
    const script::Packet packet{DUMBO_TCP_SYN, numbering.guest, 0, 5000, 0, {}};
    const auto syn = script::encode(packet, script::Sender::guest, numbering);
    dumbo_connection_config config{};
    REQUIRE(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK);
    config.rto_period = 100;
    config.flags = DUMBO_CONFIG_ISN;
    config.isn = numbering.host;
    dumbo_connection* opened = nullptr;
    REQUIRE(dumbo_connection_passive_open(&opened, syn.data(), syn.size(), nullptr, &config, nullptr) == DUMBO_OK);
    script::OwnedConnection connection(opened);
    REQUIRE_FALSE(script::write(opened, 100, 0, nullptr, 0).segment.empty());
    REQUIRE(script::receive(opened, guest_segment(0), 0, 0).code == DUMBO_OK);
    REQUIRE(dumbo_connection_is_established(opened));
    return connection;
}

}  // namespace scenario
