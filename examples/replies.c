/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"

#include <string.h>

static struct reply *next_free(struct replies *replies)
{
    if (replies->count == REPLIES_MAX) {
        return NULL;
    }
    return &replies->ring[(replies->first + replies->count) % REPLIES_MAX];
}

static bool finish(struct replies *replies, struct reply *reply, size_t len, const char *remark)
{
    reply->len = len;
    reply->remark = remark;
    replies->count += len > 0;
    return len > 0;
}

bool replies_push_arp(struct replies *replies, const struct station *us, const dumbo_arp_packet *request)
{
    struct reply *reply = next_free(replies);
    if (reply == NULL) {
        return false;
    }
    dumbo_arp_packet packet = {.struct_size = sizeof(packet), .operation = DUMBO_ARP_REPLY};
    memcpy(packet.sender_mac, us->mac, 6);
    memcpy(packet.sender_ip, us->address, 4);
    memcpy(packet.target_mac, request->sender_mac, 6);
    memcpy(packet.target_ip, request->sender_ip, 4);
    size_t len = frame_write_arp(reply->bytes, sizeof(reply->bytes), request->sender_mac, &packet);
    return finish(replies, reply, len, NULL);
}

bool replies_push_rst(struct replies *replies, const struct station *us, const struct station *guest,
                      const dumbo_rst_config *rst, const char *remark)
{
    struct reply *reply = next_free(replies);
    if (reply == NULL) {
        return false;
    }
    dumbo_addressing addressing = frame_addressing(us, guest);
    size_t segment_len = 0;
    size_t len = 0;
    if (dumbo_rst_write(reply->bytes + FRAME_TCP_OFFSET, sizeof(reply->bytes) - FRAME_TCP_OFFSET, rst, &addressing,
                        &segment_len) == DUMBO_OK) {
        len = frame_wrap_segment(reply->bytes, sizeof(reply->bytes), us, guest, 0, segment_len);
    }
    return finish(replies, reply, len, remark);
}

const struct reply *replies_pop(struct replies *replies)
{
    if (replies->count == 0) {
        return NULL;
    }
    const struct reply *reply = &replies->ring[replies->first];
    replies->first = (replies->first + 1) % REPLIES_MAX;
    replies->count--;
    return reply;
}
