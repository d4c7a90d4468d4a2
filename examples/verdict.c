/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include <dumbo/dumbo.h>
#include <inttypes.h>
#include <stdio.h>

struct text {
    char *buf;
    size_t capacity;
    size_t length;
};

static void append(struct text *text, const char *word)
{
    size_t room = text->capacity - text->length;
    int wanted = snprintf(text->buf + text->length, room, "%s%s", text->length > 0 ? " " : "", word);
    if (wanted > 0) {
        text->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
    }
}

static void append_number(struct text *text, const char *word, uint32_t number)
{
    char both[32];
    snprintf(both, sizeof(both), "%s %" PRIu32, word, number);
    append(text, both);
}

static void append_faults(struct text *text, uint32_t faults)
{
    static const char *const names[] = {"fault: dropped", "fault: duplicated", "fault: reordered", "fault: delayed"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((faults & 1u << i) != 0) {
            append(text, names[i]);
        }
    }
}

size_t verdict_text(const struct verdict *verdict, char *buf, size_t buf_len)
{
    struct text text = {.buf = buf, .capacity = buf_len, .length = 0};
    if (buf_len == 0) {
        return 0;
    }
    buf[0] = '\0';
    if (verdict->cause != DUMBO_CAUSE_NONE) {
        append(&text, "because");
        append(&text, dumbo_cause_name(verdict->cause));
    }
    if (verdict->delivered > 0) {
        append_number(&text, "delivered", verdict->delivered);
    }
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if ((verdict->anomalies & bit) != 0) {
            append(&text, dumbo_anomaly_name(bit));
        }
    }
    if (verdict->code != DUMBO_OK) {
        append(&text, dumbo_error_name(verdict->code));
    }
    if (verdict->remark != NULL) {
        append(&text, verdict->remark);
    }
    append_faults(&text, verdict->faults);
    return text.length;
}
