/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECTION_HEADER_BLOCK = 0x0a0d0d0a,
    INTERFACE_DESCRIPTION_BLOCK = 1,
    ENHANCED_PACKET_BLOCK = 6,

    BYTE_ORDER_MAGIC = 0x1a2b3c4d, /* tells a reader that all numbers are in this machine's order */
    LINKTYPE_ETHERNET = 1,

    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_INTERFACE_NAME = 2, /* of an interface */
    OPTION_PACKET_FLAGS = 2,   /* of a packet */
    OPTION_TIME_RESOLUTION = 9,

    FLAGS_INBOUND = 1,
    FLAGS_OUTBOUND = 2,
    NANOSECONDS = 9, /* the resolution is 10^-9 */

    TEXT_MAX = 1024
};

struct pcap {
    FILE *file;
    char *path;
    uint32_t snaplen;
    uint32_t interfaces;
};

/* ------------------------------------------------------------------------------------------ parts of a block ---- */

/* Errors stick to the stream: pcap_close() asks for them. */
static void put(struct pcap *pcap, const void *bytes, size_t len)
{
    if (len > 0) {
        (void)fwrite(bytes, 1, len, pcap->file);
    }
}

static void put16(struct pcap *pcap, uint16_t value)
{
    put(pcap, &value, sizeof(value));
}

static void put32(struct pcap *pcap, uint32_t value)
{
    put(pcap, &value, sizeof(value));
}

/* Everything in a block is padded to 32 bits. */
static uint32_t padded(size_t len)
{
    return ((uint32_t)len + 3u) & ~3u;
}

static void put_padded(struct pcap *pcap, const void *bytes, size_t len)
{
    static const uint8_t zeros[4];
    put(pcap, bytes, len);
    put(pcap, zeros, padded(len) - len);
}

static uint32_t option_length(size_t value_len)
{
    return 4 + padded(value_len);
}

static void put_option(struct pcap *pcap, uint16_t code, const void *value, size_t value_len)
{
    put16(pcap, code);
    put16(pcap, (uint16_t)value_len);
    put_padded(pcap, value, value_len);
}

/* A block's total length stands at both of its ends. */
static void begin_block(struct pcap *pcap, uint32_t type, uint32_t total)
{
    put32(pcap, type);
    put32(pcap, total);
}

/* ---------------------------------------------------------------------------------------------------- blocks ---- */

static void put_section_header(struct pcap *pcap)
{
    const uint32_t total = 28;
    const uint32_t unknown_length[2] = {UINT32_MAX, UINT32_MAX};
    begin_block(pcap, SECTION_HEADER_BLOCK, total);
    put32(pcap, BYTE_ORDER_MAGIC);
    put16(pcap, 1); /* version 1.0 */
    put16(pcap, 0);
    put(pcap, unknown_length, sizeof(unknown_length));
    put32(pcap, total);
}

uint32_t pcap_add_interface(struct pcap *pcap, const char *name)
{
    const uint8_t resolution = NANOSECONDS;
    const size_t name_len = strnlen(name, TEXT_MAX);
    const uint32_t total = 20 + option_length(name_len) + option_length(sizeof(resolution)) + option_length(0);
    begin_block(pcap, INTERFACE_DESCRIPTION_BLOCK, total);
    put16(pcap, LINKTYPE_ETHERNET);
    put16(pcap, 0);
    put32(pcap, pcap->snaplen);
    put_option(pcap, OPTION_INTERFACE_NAME, name, name_len);
    put_option(pcap, OPTION_TIME_RESOLUTION, &resolution, sizeof(resolution));
    put_option(pcap, OPTION_END, NULL, 0);
    put32(pcap, total);
    return pcap->interfaces++;
}

void pcap_add(struct pcap *pcap, uint32_t interface, enum direction direction, const uint8_t *frame, size_t len,
              uint64_t unix_time, const char *comment)
{
    const uint32_t flags = direction == FROM_GUEST ? FLAGS_INBOUND : FLAGS_OUTBOUND;
    const size_t kept = pcap->snaplen != 0 && len > pcap->snaplen ? pcap->snaplen : len;
    const size_t comment_len = comment != NULL ? strnlen(comment, TEXT_MAX) : 0;
    const uint32_t total = 32 + padded(kept) + option_length(sizeof(flags)) +
                           (comment_len > 0 ? option_length(comment_len) : 0) + option_length(0);
    begin_block(pcap, ENHANCED_PACKET_BLOCK, total);
    put32(pcap, interface);
    put32(pcap, (uint32_t)(unix_time >> 32));
    put32(pcap, (uint32_t)unix_time);
    put32(pcap, (uint32_t)kept);
    put32(pcap, (uint32_t)len);
    put_padded(pcap, frame, kept);
    put_option(pcap, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
    if (comment_len > 0) {
        put_option(pcap, OPTION_COMMENT, comment, comment_len);
    }
    put_option(pcap, OPTION_END, NULL, 0);
    put32(pcap, total);
}

/* ------------------------------------------------------------------------------------------ opening, closing ---- */

static struct pcap *give_up(struct pcap *pcap, const char *path, int error)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, path, strerror(error));
    if (pcap != NULL) {
        free(pcap->path);
    }
    free(pcap);
    return NULL;
}

struct pcap *pcap_open(const char *path, uint32_t snaplen)
{
    struct pcap *pcap = calloc(1, sizeof(*pcap));
    if (pcap == NULL || (pcap->path = strdup(path)) == NULL) {
        return give_up(pcap, path, ENOMEM);
    }
    pcap->snaplen = snaplen;
    pcap->file = fopen(path, "wb");
    if (pcap->file == NULL) {
        return give_up(pcap, path, errno);
    }
    put_section_header(pcap);
    return pcap;
}

bool pcap_close(struct pcap *pcap)
{
    if (pcap == NULL) {
        return true;
    }
    bool failed_before = ferror(pcap->file) != 0;
    bool written = fclose(pcap->file) == 0 && !failed_before;
    if (!written) {
        fprintf(stderr, "%s: %s: the capture is incomplete, a write failed\n", program_invocation_short_name,
                pcap->path);
    }
    free(pcap->path);
    free(pcap);
    return written;
}
