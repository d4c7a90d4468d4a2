/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_NAIVE_CHECKSUM_H
#define BENCH_NAIVE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The Internet checksum as RFC 1071 has it, word by word: what the library's own is compared with. For at most 65535
 * bytes. */
uint16_t bench_naive_checksum(const uint8_t* data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
