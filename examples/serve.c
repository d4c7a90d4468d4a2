/* SPDX-License-Identifier: Apache-2.0 */
/* dumbo-serve: files over HTTP from a TCP that lives in this process. This file puts the parts together. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "documents.h"
#include "faults.h"
#include "interface.h"
#include "ladder.h"
#include "loop.h"
#include "options.h"
#include "pcap.h"
#include "tap.h"
#include "uploads.h"

/* Locally administered addresses: "dumbo" in ASCII behind 02, and a guest of our own for --scripted. */
static const uint8_t server_mac[6] = {0x02, 'd', 'u', 'm', 'b', 'o'};
static const struct station scripted_guest = {
    .mac = {0x02, 'g', 'u', 'e', 's', 't'},
    .address = {169, 254, 169, 1},
    .port = 40000,
};
enum { SCRIPTED_MSS = 1460, EXIT_USAGE = 2 };

static bool load_documents(const struct options *options, struct documents *documents)
{
    if (options->root != NULL && !documents_add_tree(documents, options->root)) {
        return false;
    }
    for (int i = 0; i < options->file_count; i++) {
        if (!documents_add_file(documents, options->files[i])) {
            return false;
        }
    }
    if (documents->count == 0) {
        fprintf(stderr, "dumbo-serve: %s: there is nothing to serve\n", options->root);
        return false;
    }
    return true;
}

static struct interface_config interface_config(const struct options *options, const struct site *site)
{
    struct interface_config config = {
        .us = {.port = options->port},
        .rto = options->rto_ms * 1000000u,
        .mss_reserved = options->mss_reserved,
        .connection_options = options->connection_options,
        .site = *site,
    };
    memcpy(config.us.mac, server_mac, sizeof(server_mac));
    memcpy(config.us.address, options->address, sizeof(options->address));
    return config;
}

/* ----------------------------------------------------------------------------------------- the two ways to run ---- */

static bool run_tap(const struct options *options, struct loop *loop, size_t document_count)
{
    /* Who sees the device's carrier may send a signal. */
    int fd = loop_catch_signals(loop) ? tap_open(options->tap, false) : -1;
    if (fd < 0) {
        return false;
    }
    const uint8_t *address = options->address;
    printf("dumbo-serve: serving %zu documents at %u.%u.%u.%u:%u on %s\n", document_count, address[0], address[1],
           address[2], address[3], options->port, options->tap);
    bool right = fflush(stdout) == 0 && loop_run_tap(loop, fd);
    close(fd);
    return right;
}

static bool run_client(const struct options *options, struct loop *loop, const struct document *document, FILE *save)
{
    struct client_config config = {
        .us = scripted_guest,
        .server = {.port = options->port},
        .mss = SCRIPTED_MSS,
        .document = document,
        .save = save,
    };
    memcpy(config.server.address, options->address, sizeof(options->address));
    struct client *client = client_new(&config);
    if (client == NULL) {
        fputs("dumbo-serve: out of memory\n", stderr);
        return false;
    }
    bool right = loop_run_scripted(loop, client);
    client_free(client);
    if (right) {
        printf("dumbo-serve: scripted client: %s, all %llu bytes right\n", document->target,
               (unsigned long long)document->len);
    }
    return right;
}

static bool run_scripted(const struct options *options, struct loop *loop, const struct documents *documents)
{
    const char *target = options->target != NULL ? options->target : documents->list[0].target;
    const struct document *document = documents_find(documents, target, strlen(target));
    if (document == NULL) {
        fprintf(stderr, "dumbo-serve: %s: there is no such document\n", target);
        return false;
    }
    if (options->save == NULL) {
        return run_client(options, loop, document, NULL);
    }
    FILE *save = fopen(options->save, "wb");
    if (save == NULL) {
        fprintf(stderr, "dumbo-serve: %s: %s\n", options->save, strerror(errno));
        return false;
    }
    bool right = run_client(options, loop, document, save);
    if (fclose(save) != 0) {
        fprintf(stderr, "dumbo-serve: %s: %s\n", options->save, strerror(errno));
        return false;
    }
    return right;
}

/* ------------------------------------------------------------------------------------------------- the whole ---- */

static bool run(const struct options *options, const struct documents *documents, struct loop *loop)
{
    bool right = options->scripted ? run_scripted(options, loop, documents) : run_tap(options, loop, documents->count);
    const struct counters report = interface_report(loop->interface);
    counters_summarize(&report, stdout);
    if (options->stats) {
        counters_print(&report, stdout);
    }
    return right;
}

static struct pcap *open_capture(const struct options *options)
{
    struct pcap *pcap = pcap_open(options->pcap, options->snaplen);
    if (pcap != NULL) {
        pcap_add_interface(pcap, options->scripted ? "scripted" : options->tap);
    }
    return pcap;
}

static bool serve(const struct options *options, const struct site *site)
{
    struct interface_config config = interface_config(options, site);
    struct loop loop = {
        .interface = interface_new(&config),
        .pcap = options->pcap != NULL ? open_capture(options) : NULL,
        .ladder = options->ladder ? ladder_new(stdout, "guest") : NULL,
        .faults = options->with_faults ? faults_new(&options->faults) : NULL,
        .state = options->state,
        .exit_after = options->exit_after,
    };
    bool right = false;
    if (loop.interface == NULL || (options->ladder && loop.ladder == NULL) ||
        (options->with_faults && loop.faults == NULL)) {
        fputs("dumbo-serve: out of memory\n", stderr);
    } else if (options->pcap == NULL || loop.pcap != NULL) {
        right = run(options, site->documents, &loop);
    }
    right = pcap_close(loop.pcap) && right;
    ladder_free(loop.ladder);
    faults_free(loop.faults);
    interface_free(loop.interface);
    return right;
}

static bool serve_with_uploads(const struct options *options, struct site *site)
{
    struct uploads uploads;
    if (options->uploads == NULL) {
        return serve(options, site);
    }
    if (!uploads_open(&uploads, options->uploads)) {
        return false;
    }
    site->uploads = &uploads;
    bool right = serve(options, site);
    site->uploads = NULL;
    uploads_close(&uploads);
    return right;
}

int main(int argc, char **argv)
{
    struct options options;
    switch (options_parse(argc, argv, &options)) {
        case OPTIONS_HELP_SHOWN:
            return EXIT_SUCCESS;
        case OPTIONS_WRONG:
            return EXIT_USAGE;
        case OPTIONS_RUN:
            break;
    }
    struct documents documents = {0};
    struct site site = {.documents = &documents};
    bool right = load_documents(&options, &documents) && serve_with_uploads(&options, &site);
    documents_free(&documents);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fputs("dumbo-serve: standard output: a write failed\n", stderr);
        right = false;
    }
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
