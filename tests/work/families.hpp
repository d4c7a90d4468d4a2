// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/support/bytes.hpp"

// What is measured. The names of measurements have the form "family / group / case"; worst_case.py knows the families.
namespace work {

// Segments into every state, and calls to write out of every state, without options and with all. Thorough: more of
// them.
void measure_receiving(bool is_thorough);
void measure_writing(bool is_thorough);
// Option bytes of a SYN.
void measure_options();
// What must not matter, and what may: in one group all counts are equal, or grow with the number at the end of the
// case.
void measure_growth();
// One frame's work in stacks of different sizes. Their connections are there before anything is measured.
void measure_stacks();

// One segment of whatever bytes into every state, with each single option, too.
void measure_segment(const dumbo_test::Bytes& segment);

}  // namespace work
