// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

uint32_t dumbo_version_num(void) {
    return DUMBO_VERSION_NUM;
}

const char* dumbo_version_string(void) {
    return DUMBO_VERSION_STRING;
}
