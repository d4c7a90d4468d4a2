/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one frame, for the capture file and the ladder. */
#ifndef DUMBO_EXAMPLES_VERDICT_H
#define DUMBO_EXAMPLES_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum direction { FROM_GUEST, TO_GUEST };

/* What --faults did to it. */
enum fault { FAULT_DROPPED = 1, FAULT_DUPLICATED = 2, FAULT_REORDERED = 4, FAULT_DELAYED = 8 };

struct verdict {
    int32_t code;           /* what the library returned: DUMBO_OK or DUMBO_ERR_* */
    uint32_t anomalies;     /* enum dumbo_anomaly bits */
    uint32_t cause;         /* enum dumbo_cause: why it is sent */
    uint32_t delivered;     /* bytes of payload that count as received, those that had waited for it included */
    uint32_t faults;        /* enum fault bits */
    bool checksum_left_out; /* the TCP checksum is left to a device: it is not in the frame */
    const char *remark;     /* the server's own words, static; or NULL */
};

/* Writes the verdict as text, cut to fit, and returns its length: 0 when there is nothing to say. */
size_t verdict_text(const struct verdict *verdict, char *buf, size_t buf_len);

#ifdef __cplusplus
}
#endif

#endif
