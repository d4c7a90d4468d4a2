/* SPDX-License-Identifier: Apache-2.0 */
/* Writes frames to a pcapng file (the IETF's draft-ietf-opsawg-pcapng), which wireshark, tshark and tcpdump read. */
#ifndef DUMBO_EXAMPLES_PCAP_H
#define DUMBO_EXAMPLES_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pcap;

/* Creates the file, without an interface yet. snaplen: how many bytes of a frame are kept, 0 for all. Complains on
 * stderr and returns NULL when that fails. */
struct pcap *pcap_open(const char *path, uint32_t snaplen);

/* Adds an interface, and returns the number that its frames go under. */
uint32_t pcap_add_interface(struct pcap *pcap, const char *name);

/* Adds a frame of an interface. unix_time: nanoseconds since 1970. The comment may be NULL. */
void pcap_add(struct pcap *pcap, uint32_t interface, enum direction direction, const uint8_t *frame, size_t len,
              uint64_t unix_time, const char *comment);

/* Completes the file; NULL is allowed. Complains on stderr and returns false if anything since pcap_open() failed. */
bool pcap_close(struct pcap *pcap);

#ifdef __cplusplus
}
#endif

#endif
