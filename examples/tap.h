/* SPDX-License-Identifier: Apache-2.0 */
/* A TAP device: the host's end of an Ethernet cable that the Linux kernel, or a virtual machine, is plugged into. */
#ifndef DUMBO_EXAMPLES_TAP_H
#define DUMBO_EXAMPLES_TAP_H

#include <dumbo/dumbo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tap_result {
    TAP_OK,
    TAP_AGAIN, /* nothing to read */
    TAP_LOST,  /* the device did not take the frame: it is down, or full */
    TAP_FAILED /* errno says why */
};

/* Attaches to the device of that name, creating it where it does not exist. With offloads, every frame comes with a
 * header, the kernel leaves out checksums and cuts no segments, and does both for what we leave to it. Returns a
 * non-blocking descriptor; or complains on stderr and returns -1. */
int tap_open(const char *name, bool offloads);

/* Reads one frame. header: of a device that was opened with offloads, else NULL. */
enum tap_result tap_read(int fd, dumbo_virtio_net_header *header, uint8_t *buf, size_t buf_len, size_t *len);

/* Writes one frame, likewise. */
enum tap_result tap_write(int fd, const dumbo_virtio_net_header *header, const uint8_t *frame, size_t len);

#ifdef __cplusplus
}
#endif

#endif
