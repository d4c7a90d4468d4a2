/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/naive_checksum.h"

/* Compiled with -O3: what a compiler makes of the loop, vectors included, is what it is. */
uint16_t bench_naive_checksum(const uint8_t* data, size_t length) {
    uint32_t sum = 0;
    size_t i = 0;
    for (; i + 1 < length; i += 2) {
        sum += (uint32_t)data[i] << 8U | data[i + 1];
    }
    if (i < length) {
        sum += (uint32_t)data[i] << 8U;
    }
    while (sum >> 16U != 0) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return (uint16_t)~sum;
}
