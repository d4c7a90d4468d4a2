/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#ifndef DUMBO_EXAMPLES_OPTIONS_H
#define DUMBO_EXAMPLES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "faults.h"

struct options {
    const char *tap;
    bool scripted;
    const char *target; /* what the scripted client asks for; NULL for the first document */
    const char *save;
    uint8_t address[4];
    uint16_t port;
    uint16_t mss_reserved;
    uint64_t rto_ms;
    uint64_t exit_after;
    uint32_t connection_options; /* DUMBO_OPTION_* */
    bool with_faults;
    struct faults_config faults;
    const char *root;
    const char *uploads;
    const char *state;
    const char *pcap;
    uint32_t snaplen;
    bool ladder;
    bool stats;
    char **files; /* the rest of the command line */
    int file_count;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP_SHOWN, OPTIONS_WRONG };

/* Understands the command line, or complains on stderr. */
enum options_result options_parse(int argc, char **argv, struct options *options);

#endif
