/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's headers make up an ssize_t unless POSIX's is there. */
#define _DEFAULT_SOURCE 1

#include "bench/lwip_server.h"

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>

/* lwIP as its package has it: MSS 1460, window and send buffer of 65535, checksums always on, each packet in one piece,
 * for which it copies what is sent. No thread of it runs and no timer is needed: nothing gets lost here. */

static struct netif interface;
static struct tcp_pcb* connection;
static lwip_server_output output_function;
static void* output_user_data;

static err_t output(struct netif* from, struct pbuf* packet, const ip4_addr_t* to) {
    (void)from;
    (void)to;
    if (packet->next != NULL) {
        return ERR_BUF;
    }
    if (output_function != NULL) {
        output_function(output_user_data, packet->payload, packet->len);
    }
    return ERR_OK;
}

static err_t set_up_interface(struct netif* netif) {
    netif->name[0] = 'b';
    netif->name[1] = 'e';
    netif->mtu = 1500;
    netif->output = output;
    return ERR_OK;
}

static void forget_connection(void* argument, err_t error) {
    (void)argument;
    (void)error;
    connection = NULL;
}

static err_t accept_connection(void* argument, struct tcp_pcb* accepted, err_t error) {
    (void)argument;
    if (error != ERR_OK || accepted == NULL) {
        return ERR_VAL;
    }
    connection = accepted;
    tcp_nagle_disable(accepted);
    tcp_err(accepted, forget_connection);
    return ERR_OK;
}

bool lwip_server_listen(const uint8_t address[4], uint16_t port) {
    lwip_init();
    ip4_addr_t ours;
    ip4_addr_t mask;
    ip4_addr_t none;
    IP4_ADDR(&ours, address[0], address[1], address[2], address[3]);
    IP4_ADDR(&mask, 255, 255, 0, 0);
    IP4_ADDR(&none, 0, 0, 0, 0);
    if (netif_add(&interface, &ours, &mask, &none, NULL, set_up_interface, ip_input) == NULL) {
        return false;
    }
    netif_set_link_up(&interface);
    netif_set_up(&interface);
    struct tcp_pcb* bound = tcp_new();
    if (bound == NULL || tcp_bind(bound, IP_ADDR_ANY, port) != ERR_OK) {
        return false;
    }
    struct tcp_pcb* listener = tcp_listen(bound);
    if (listener == NULL) {
        return false;
    }
    tcp_accept(listener, accept_connection);
    return true;
}

void lwip_server_set_output(lwip_server_output function, void* user_data) {
    output_function = function;
    output_user_data = user_data;
}

bool lwip_server_input(const uint8_t* packet, size_t length) {
    struct pbuf* received = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);
    if (received == NULL) {
        return false;
    }
    if (pbuf_take(received, packet, (u16_t)length) != ERR_OK || interface.input(received, &interface) != ERR_OK) {
        pbuf_free(received);
        return false;
    }
    return true;
}

bool lwip_server_is_connected(void) {
    return connection != NULL;
}

/* By reference, as far as this build of lwIP goes along. */
bool lwip_server_send(const uint8_t* data, size_t length) {
    return connection != NULL && length <= tcp_sndbuf(connection) &&
           tcp_write(connection, data, (u16_t)length, 0) == ERR_OK && tcp_output(connection) == ERR_OK;
}

bool lwip_server_is_idle(void) {
    return connection != NULL && tcp_sndqueuelen(connection) == 0;
}

void lwip_server_disconnect(void) {
    if (connection != NULL) {
        tcp_abort(connection);
    }
}
