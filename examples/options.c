/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: dumbo-serve --tap NAME   [OPTION]... FILE...|--root DIR\n"
    "       dumbo-serve --scripted   [OPTION]... FILE...|--root DIR\n"
    "\n"
    "Serves files over HTTP to whatever TCP is at the other end of a TAP device, by libdumbo.\n"
    "A FILE is served as /NAME, the files below DIR as their paths relative to it.\n"
    "\n"
    "  --tap NAME            the TAP device, created if need be; its address is yours to set\n"
    "  --scripted[=/TARGET]  no TAP device: a built-in client fetches TARGET, by default the first file,\n"
    "                        and compares every byte\n"
    "  --save FILE           with --scripted: write what the client received to FILE\n"
    "  --address A.B.C.D     the server's address (169.254.169.254)\n"
    "  --port N              the server's port (80)\n"
    "  --root DIR            serve the files below DIR\n"
    "  --rto MS              retransmission timeout in milliseconds (200)\n"
    "  --options LIST        what connections may do, separated by commas: all (the default), none, or some of\n"
    "                        ack_unacceptable, strict_dup_ack, zero_window_probe, window_update,\n"
    "                        tolerant_handshake, strict_acceptance, rfc5961, linger\n"
    "  --mss-reserved N      leave N bytes of every peer's MSS unused (0)\n"
    "  --uploads DIR         take files of up to 1 GiB by PUT /NAME, and store each as DIR/NAME\n"
    "  --state FILE          with --tap: SIGUSR1 writes all connections to FILE and ends the server without a\n"
    "                        word to the guest; one that finds FILE at its start goes on with them,\n"
    "                        and has to serve the same documents\n"
    "  --faults LIST         with --tap: make the link a bad one, in both directions, by items separated by\n"
    "                        commas: drop=N, duplicate=N, reorder=N and delay=N in percent of the frames (0 to 20),\n"
    "                        delay-ms=N for how long at most (10), seed=N for other chances (1)\n"
    "  --exit-after N        end after N connections\n"
    "  --pcap FILE           write all frames to FILE, in the pcapng format\n"
    "  --snaplen N           keep only the first N bytes of a frame in it (0: all)\n"
    "  --ladder              print the exchange, one line a frame\n"
    "  --stats               print all counters at the end\n"
    "  --help                show this text\n"
    "\n"
    "SIGINT and SIGTERM end the server in an orderly way. It exits with 0, with 1 when something failed, and with 2\n"
    "when the command line is wrong.\n";

enum {
    OPTION_TAP = 256,
    OPTION_SCRIPTED,
    OPTION_SAVE,
    OPTION_ADDRESS,
    OPTION_PORT,
    OPTION_ROOT,
    OPTION_RTO,
    OPTION_OPTIONS,
    OPTION_MSS_RESERVED,
    OPTION_UPLOADS,
    OPTION_STATE,
    OPTION_FAULTS,
    OPTION_EXIT_AFTER,
    OPTION_PCAP,
    OPTION_SNAPLEN,
    OPTION_LADDER,
    OPTION_STATS,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"tap", required_argument, NULL, OPTION_TAP},
    {"scripted", optional_argument, NULL, OPTION_SCRIPTED},
    {"save", required_argument, NULL, OPTION_SAVE},
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"port", required_argument, NULL, OPTION_PORT},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"rto", required_argument, NULL, OPTION_RTO},
    {"options", required_argument, NULL, OPTION_OPTIONS},
    {"mss-reserved", required_argument, NULL, OPTION_MSS_RESERVED},
    {"uploads", required_argument, NULL, OPTION_UPLOADS},
    {"state", required_argument, NULL, OPTION_STATE},
    {"faults", required_argument, NULL, OPTION_FAULTS},
    {"exit-after", required_argument, NULL, OPTION_EXIT_AFTER},
    {"pcap", required_argument, NULL, OPTION_PCAP},
    {"snaplen", required_argument, NULL, OPTION_SNAPLEN},
    {"ladder", no_argument, NULL, OPTION_LADDER},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool advise(void)
{
    fputs("Try: dumbo-serve --help\n", stderr);
    return false;
}

static bool complain(const char *what, const char *value)
{
    fprintf(stderr, "dumbo-serve: %s%s\n", what, value);
    return advise();
}

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < low || value > high) {
        return complain("not a number in range: ", text);
    }
    *number = value;
    return true;
}

static bool parse_u16(const char *text, uint16_t low, uint16_t *number)
{
    uint64_t value = 0;
    bool right = parse_number(text, low, UINT16_MAX, &value);
    *number = (uint16_t)value;
    return right;
}

static bool parse_u32(const char *text, uint32_t *number)
{
    uint64_t value = 0;
    bool right = parse_number(text, 0, UINT32_MAX, &value);
    *number = (uint32_t)value;
    return right;
}

static bool parse_address(const char *text, uint8_t address[4])
{
    return inet_pton(AF_INET, text, address) == 1 || complain("not an IPv4 address: ", text);
}

/* ------------------------------------------------------------------------------------------------- lists ---- */

static bool add_connection_option(const char *name, uint32_t *options)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } known[] = {
        {"ack_unacceptable", DUMBO_OPTION_ACK_UNACCEPTABLE},
        {"strict_dup_ack", DUMBO_OPTION_STRICT_DUP_ACK},
        {"zero_window_probe", DUMBO_OPTION_ZERO_WINDOW_PROBE},
        {"window_update", DUMBO_OPTION_WINDOW_UPDATE},
        {"tolerant_handshake", DUMBO_OPTION_TOLERANT_HANDSHAKE},
        {"strict_acceptance", DUMBO_OPTION_STRICT_ACCEPTANCE},
        {"rfc5961", DUMBO_OPTION_RFC5961},
        {"linger", DUMBO_OPTION_LINGER},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) == 0) {
            *options |= known[i].bit;
            return true;
        }
    }
    return complain("connections have no such option: ", name);
}

/* Both lists are cut into pieces where they lie, in the command line. */
static bool parse_connection_options(char *list, uint32_t *options)
{
    if (strcmp(list, "all") == 0) {
        *options = DUMBO_OPTIONS_GUEST_FACING;
        return true;
    }
    *options = DUMBO_OPTIONS_NONE;
    if (strcmp(list, "none") == 0) {
        return true;
    }
    const char *name;
    while ((name = strsep(&list, ",")) != NULL) {
        if (!add_connection_option(name, options)) {
            return false;
        }
    }
    return true;
}

static bool set_fault(const char *name, const char *value, struct faults_config *faults)
{
    struct {
        const char *name;
        uint64_t low;
        uint64_t high;
        uint64_t unit;
        uint64_t *number;
    } known[] = {
        {"drop", 0, FAULTS_PERCENT_MAX, 1, &faults->drop},
        {"duplicate", 0, FAULTS_PERCENT_MAX, 1, &faults->duplicate},
        {"reorder", 0, FAULTS_PERCENT_MAX, 1, &faults->reorder},
        {"delay", 0, FAULTS_PERCENT_MAX, 1, &faults->delayed},
        {"delay-ms", 1, FAULTS_DELAY_MAX_MS, 1000000, &faults->delay},
        {"seed", 0, UINT64_MAX, 1, &faults->seed},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) == 0) {
            bool right = parse_number(value, known[i].low, known[i].high, known[i].number);
            *known[i].number *= known[i].unit;
            return right;
        }
    }
    return complain("there is no such fault: ", name);
}

static bool parse_faults(char *list, struct faults_config *faults)
{
    char *item;
    while ((item = strsep(&list, ",")) != NULL) {
        const char *name = strsep(&item, "=");
        if (item == NULL) {
            return complain("a fault without a number: ", name);
        }
        if (!set_fault(name, item, faults)) {
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------------------------------------- the whole ---- */

static bool take(struct options *options, int option, char *value)
{
    const uint64_t an_hour = 3600000;
    switch (option) {
        case OPTION_TAP:
            options->tap = value;
            return true;
        case OPTION_SCRIPTED:
            options->scripted = true;
            options->target = value;
            return true;
        case OPTION_SAVE:
            options->save = value;
            return true;
        case OPTION_ADDRESS:
            return parse_address(value, options->address);
        case OPTION_PORT:
            return parse_u16(value, 1, &options->port);
        case OPTION_ROOT:
            options->root = value;
            return true;
        case OPTION_RTO:
            return parse_number(value, 1, an_hour, &options->rto_ms);
        case OPTION_OPTIONS:
            return parse_connection_options(value, &options->connection_options);
        case OPTION_MSS_RESERVED:
            return parse_u16(value, 0, &options->mss_reserved);
        case OPTION_UPLOADS:
            options->uploads = value;
            return true;
        case OPTION_STATE:
            options->state = value;
            return true;
        case OPTION_FAULTS:
            options->with_faults = true;
            return parse_faults(value, &options->faults);
        case OPTION_EXIT_AFTER:
            return parse_number(value, 1, UINT64_MAX, &options->exit_after);
        case OPTION_PCAP:
            options->pcap = value;
            return true;
        case OPTION_SNAPLEN:
            return parse_u32(value, &options->snaplen);
        case OPTION_LADDER:
            options->ladder = true;
            return true;
        case OPTION_STATS:
            options->stats = true;
            return true;
        default:
            return advise(); /* getopt_long() has said what is wrong */
    }
}

static bool is_coherent(const struct options *options)
{
    if ((options->tap != NULL) == options->scripted) {
        return complain("either --tap or --scripted is needed", "");
    }
    if ((options->root != NULL) == (options->file_count > 0)) {
        return complain("either files or --root is needed", "");
    }
    if (options->save != NULL && !options->scripted) {
        return complain("--save goes with --scripted", "");
    }
    if ((options->with_faults || options->state != NULL) && options->scripted) {
        return complain("--faults and --state go with --tap", "");
    }
    return true;
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){
        .address = {169, 254, 169, 254},
        .port = 80,
        .rto_ms = 200,
        .connection_options = DUMBO_OPTIONS_GUEST_FACING,
        .faults = {.seed = 1, .delay = 10000000},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPTION_HELP) {
            return fputs(usage, stdout) >= 0 ? OPTIONS_HELP_SHOWN : OPTIONS_WRONG;
        }
        if (!take(options, option, optarg)) {
            return OPTIONS_WRONG;
        }
    }
    options->files = argv + optind;
    options->file_count = argc - optind;
    return is_coherent(options) ? OPTIONS_RUN : OPTIONS_WRONG;
}
