// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>
#include <dumbo/seq_number.hpp>
#include <dumbo/tcp_segment.hpp>

static_assert(DUMBO_MAX_WINDOW_SIZE == dumbo::max_window_size);
static_assert(DUMBO_MSS_DEFAULT == dumbo::mss_default);
static_assert(DUMBO_MSS_MIN == dumbo::mss_min);
static_assert(DUMBO_MSS_MAX == dumbo::mss_max);

bool dumbo_seq_after(uint32_t a, uint32_t b) {
    return dumbo::SeqNumber(a).after(dumbo::SeqNumber(b));
}

bool dumbo_seq_at_or_after(uint32_t a, uint32_t b) {
    return dumbo::SeqNumber(a).at_or_after(dumbo::SeqNumber(b));
}
