/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that does as it is told: the other side of the guide's programs. It believes nothing that does not verify. */
#ifndef GUIDE_GUEST_H
#define GUIDE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dumbo/dumbo.h>

/* Unlike assert() it is there in every build. */
#define CHECK(condition) guide_check((condition), #condition, __FILE__, __LINE__)
void guide_check(bool holds, const char* condition, const char* file, int line);

enum { FRAME_ROOM = 65549 }; /* an Ethernet header and the longest IPv4 packet */

struct frame {
    uint8_t bytes[FRAME_ROOM];
    size_t length;
};

struct guest {
    uint16_t port;
    uint32_t seq; /* of what it sends next */
    uint32_t ack; /* of what it expects next */
    char received[65536];
    size_t received_length;
    uint8_t last_flags;  /* of the latest segment that it was sent ... */
    size_t last_payload; /* ... and its payload */
    unsigned segments;   /* that it was sent */
    bool arp_answered;
};

extern const uint8_t guest_mac[6], guest_address[4], host_mac[6], host_address[4];
enum { HOST_PORT = 80 };

/* Each makes a frame; those of TCP go on where the guest is. */
void guest_asks_for_the_address(struct frame* frame);
void guest_opens(struct guest* guest, uint16_t port, struct frame* frame);
void guest_says(struct guest* guest, const char* text, struct frame* frame);
void guest_acknowledges(struct guest* guest, struct frame* frame);
void guest_closes(struct guest* guest, struct frame* frame);
void guest_resets(struct guest* guest, struct frame* frame);

/* Takes a frame of the host's, whose checksums must be right and whose payload must be the next. */
void guest_takes(struct guest* guest, const uint8_t* frame, size_t length);

/* The same for one whose TCP checksum the device has still to complete. */
void guest_device_takes(struct guest* guest, uint8_t* frame, size_t length, size_t csum_start, size_t csum_offset);

bool guest_has(const struct guest* guest, const char* text);

#endif
