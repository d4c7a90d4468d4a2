/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LWIP_SERVER_H
#define BENCH_LWIP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A TCP server on lwIP's raw API, with one connection at a time. lwIP has its state in globals: there is one of it. The
 * functions that can fail return false then. */

/* Takes a packet that lwIP sends. The bytes are lwIP's. */
typedef void (*lwip_server_output)(void* user_data, const uint8_t* packet, size_t length);

/* Listens; the first call of all. */
bool lwip_server_listen(const uint8_t address[4], uint16_t port);

/* From now on packets go there; NULL drops them. */
void lwip_server_set_output(lwip_server_output output, void* user_data);

/* Hands lwIP a packet of the client's. */
bool lwip_server_input(const uint8_t* packet, size_t length);

bool lwip_server_is_connected(void);

/* Sends bytes that stay valid until they are acknowledged: all of them, or it is a failure. */
bool lwip_server_send(const uint8_t* data, size_t length);

/* Whether everything is acknowledged. */
bool lwip_server_is_idle(void);

/* Resets the connection. */
void lwip_server_disconnect(void);

#ifdef __cplusplus
}
#endif

#endif
