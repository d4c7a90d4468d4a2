/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static const char clone_device[] = "/dev/net/tun";

static int attach(int fd, const char *name, bool offloads)
{
    const int header_len = sizeof(struct virtio_net_hdr);
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (offloads ? IFF_VNET_HDR : 0));
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        return -1;
    }
    /* Whoever held the device before may have left it with other ones. */
    const unsigned long taken = offloads ? TUN_F_CSUM | TUN_F_TSO4 : 0;
    return ioctl(fd, TUNSETOFFLOAD, taken) < 0 || (offloads && ioctl(fd, TUNSETVNETHDRSZ, &header_len) < 0) ? -1 : 0;
}

int tap_open(const char *name, bool offloads)
{
    if (name[0] == '\0' || strlen(name) >= IFNAMSIZ) {
        fprintf(stderr, "%s: %s: the name of a device has 1 to %d bytes\n", program_invocation_short_name, name,
                IFNAMSIZ - 1);
        return -1;
    }
    int fd = open(clone_device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, clone_device, strerror(errno));
        return -1;
    }
    if (attach(fd, name, offloads) < 0) {
        fprintf(stderr, "%s: TAP device %s: %s\n", program_invocation_short_name, name, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

/* The kernel's header is in the machine's byte order, unless it is told otherwise (TUNSETVNETLE). */
static void header_from_kernel(const struct virtio_net_hdr *from, dumbo_virtio_net_header *to)
{
    *to = (dumbo_virtio_net_header){
        .struct_size = sizeof(*to),
        .flags = from->flags,
        .gso_type = from->gso_type,
        .header_length = from->hdr_len,
        .gso_size = from->gso_size,
        .csum_start = from->csum_start,
        .csum_offset = from->csum_offset,
    };
}

static struct virtio_net_hdr header_for_kernel(const dumbo_virtio_net_header *from)
{
    return (struct virtio_net_hdr){
        .flags = from->flags,
        .gso_type = from->gso_type,
        .hdr_len = from->header_length,
        .gso_size = from->gso_size,
        .csum_start = from->csum_start,
        .csum_offset = from->csum_offset,
    };
}

enum tap_result tap_read(int fd, dumbo_virtio_net_header *header, uint8_t *buf, size_t buf_len, size_t *len)
{
    struct virtio_net_hdr kernel_header;
    const size_t header_len = header != NULL ? sizeof(kernel_header) : 0;
    const struct iovec parts[2] = {{&kernel_header, header_len}, {buf, buf_len}};
    *len = 0;
    ssize_t got = readv(fd, parts, 2);
    if (got < (ssize_t)header_len) {
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? TAP_AGAIN : TAP_FAILED;
    }
    *len = (size_t)got - header_len;
    if (header != NULL) {
        header_from_kernel(&kernel_header, header);
    }
    return TAP_OK;
}

enum tap_result tap_write(int fd, const dumbo_virtio_net_header *header, const uint8_t *frame, size_t len)
{
    struct virtio_net_hdr kernel_header;
    if (header != NULL) {
        kernel_header = header_for_kernel(header);
    }
    const struct iovec parts[2] = {{&kernel_header, header != NULL ? sizeof(kernel_header) : 0}, {(void *)frame, len}};
    ssize_t put;
    do {
        put = writev(fd, parts, 2);
    } while (put < 0 && errno == EINTR);
    if (put >= 0) {
        return TAP_OK;
    }
    /* EIO: the interface is down. To TCP a lost frame is nothing special. */
    return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EIO ? TAP_LOST : TAP_FAILED;
}
