/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char clone_device[] = "/dev/net/tun";

static int attach(int fd, const char *name)
{
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    memcpy(request.ifr_name, name, strlen(name));
    return ioctl(fd, TUNSETIFF, &request);
}

int tap_open(const char *name)
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
    if (attach(fd, name) < 0) {
        fprintf(stderr, "%s: TAP device %s: %s\n", program_invocation_short_name, name, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

enum tap_result tap_read(int fd, uint8_t *buf, size_t buf_len, size_t *len)
{
    *len = 0;
    ssize_t got = read(fd, buf, buf_len);
    if (got >= 0) {
        *len = (size_t)got;
        return TAP_OK;
    }
    return errno == EAGAIN || errno == EINTR ? TAP_AGAIN : TAP_FAILED;
}

enum tap_result tap_write(int fd, const uint8_t *frame, size_t len)
{
    ssize_t put;
    do {
        put = write(fd, frame, len);
    } while (put < 0 && errno == EINTR);
    if (put >= 0) {
        return TAP_OK;
    }
    /* EIO: the interface is down. To TCP a lost frame is nothing special. */
    return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EIO ? TAP_LOST : TAP_FAILED;
}
