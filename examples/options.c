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
    "  --mss-reserved N      leave N bytes of every peer's MSS unused (0)\n"
    "  --exit-after N        end after N connections\n"
    "  --pcap FILE           write all frames to FILE, in the pcapng format\n"
    "  --snaplen N           keep only the first N bytes of a frame in it (0: all)\n"
    "  --ladder              print the exchange, one line a frame\n"
    "  --stats               print all counters at the end\n"
    "  --help                show this text\n"
    "\n"
    "SIGINT and SIGTERM end the server in an orderly way.\n";

enum {
    OPTION_TAP = 256,
    OPTION_SCRIPTED,
    OPTION_SAVE,
    OPTION_ADDRESS,
    OPTION_PORT,
    OPTION_ROOT,
    OPTION_RTO,
    OPTION_MSS_RESERVED,
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
    {"mss-reserved", required_argument, NULL, OPTION_MSS_RESERVED},
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

static bool take(struct options *options, int option, const char *value)
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
        case OPTION_MSS_RESERVED:
            return parse_u16(value, 0, &options->mss_reserved);
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
    return true;
}

enum options_result options_parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.address = {169, 254, 169, 254}, .port = 80, .rto_ms = 200};
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
