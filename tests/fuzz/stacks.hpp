// SPDX-License-Identifier: Apache-2.0
// A stack, a guest with several ends of connections, and an application, who do whatever an input says.
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>

#include "fuzz/support/decisions.hpp"
#include "fuzz/support/guarded_memory.hpp"

namespace fuzz {

class Stacks {
public:
    Stacks();
    Stacks(const Stacks&) = delete;
    Stacks& operator=(const Stacks&) = delete;

    /** Makes a stack unless there is one, follows the decisions to their end, and then ends the stack. */
    void run(Decisions& in);

    /** Takes a stack for what a snapshot says, if it is one. */
    void restore_from(Decisions& in, const std::uint8_t* snapshot, std::size_t size);

private:
    /** The guest's end of a connection, which follows what the stack sends to it. */
    struct Peer {
        std::uint32_t seq = 0;
        std::uint32_t expected = 0;
        std::uint32_t stream_at = 0;  ///< the number of the first octet that the stack sends
        bool open = false;
    };

    /** The application's end. */
    struct App {
        std::uint64_t id = 0;
        std::uint32_t next_read = 0;  ///< the number of the next octet that it reads
        std::uint32_t written = 0;    ///< octets, lent ones included
        bool heard_of = false;
        bool lent_anything = false;
    };

    void create(Decisions& in);
    void configure(Decisions& in);
    void step(Decisions& in);
    void step(Decisions& in, unsigned what);

    void receive(Decisions& in);
    [[nodiscard]] std::size_t build_tcp(Decisions& in, std::uint8_t* frame, Peer& peer, std::uint16_t port);
    [[nodiscard]] static std::size_t build_arp(Decisions& in, std::uint8_t* frame);
    void deliver(Decisions& in, const std::uint8_t* built, std::size_t size, Peer* peer);
    [[nodiscard]] std::uint64_t openings() const;
    void note_opening(const std::uint8_t* frame, std::uint64_t id);

    void send(Decisions& in);
    [[nodiscard]] std::size_t send_once(Decisions& in, std::size_t room, bool with_header);
    void check_frame(const std::uint8_t* frame, std::size_t size, const dumbo_virtio_net_header* header);
    void check_tcp(const std::uint8_t* packet, std::size_t size, const dumbo_virtio_net_header* header);
    void check_offload(const std::uint8_t* segment, std::size_t size, const dumbo_virtio_net_header* header) const;
    [[nodiscard]] Peer* peer_at(const std::uint8_t* packet);

    void hear(Decisions& in);
    void use(Decisions& in);
    void read(Decisions& in, App& app, std::uint64_t id);
    [[nodiscard]] std::size_t readable(std::uint64_t id) const;
    void write(Decisions& in, App& app, std::uint64_t id);
    void lend_bytes(Decisions& in, App& app, std::uint64_t id);
    void look(Decisions& in);
    void pass_time(Decisions& in);
    void carry(Decisions& in);
    void tamper(Decisions& in);
    void restore(Decisions& in, const std::uint8_t* snapshot, std::size_t size);

    [[nodiscard]] std::size_t snapshot_into(std::uint8_t* bytes) const;
    void require_restorable();
    void require_code(std::int32_t code);
    void free();

    static constexpr std::size_t peers = 6;
    static constexpr std::size_t apps = 8;
    dumbo_stack* stack_ = nullptr;
    dumbo_stack_config config_{};
    std::uint64_t now_ = 0;
    std::uint64_t allocated_ = 0;
    std::uint64_t steps_ = 0;
    std::uint32_t offloads_ = 0;
    bool succeeded_ = false;      ///< one of the calls of a step
    bool contents_known_ = true;  ///< what there is to read and to send is what was put there
    Peer peers_[peers];
    App apps_[apps];
    GuardedMemory frame_;
    GuardedMemory outgoing_;
    GuardedMemory structs_[2];
    GuardedMemory snapshot_;
};

}  // namespace fuzz
