# SPDX-License-Identifier: Apache-2.0
"""Connections come and go: one by one, in crowds, in an orderly way and not."""

import signal
import socket
import struct
import time

from http_client import connect, get, hash_text, is_right, read_all, status_of, talk
from testbed import KernelDelta, SIZES, Server


def check_sequence(report, documents):
    count = 1000
    kernel = KernelDelta()
    names = [str(size) for size in SIZES]
    begin = time.monotonic()
    with Server(documents) as server:
        right = sum(is_right(talk(get(name)), documents, name)
                    for name in (names[i % len(names)] for i in range(count)))
        seconds = time.monotonic() - begin
        server.stop()
    report.check("1,000 connections one after another",
                 right == count and server["connections_closed"] == count and server["connections_reset"] == 0,
                 f"{right} hashes right in {seconds:.2f} s; "
                 + server.text("connections_opened", "connections_closed", "connections_reset"))
    report.check("no RST in either direction after 1,000 normal closes",
                 server["rsts_in"] == server["rsts_out"] == kernel("OutRsts") == kernel("EstabResets") == 0,
                 server.text("rsts_in", "rsts_out") + "; kernel: " + kernel.text("OutRsts", "EstabResets"))
    report.check("a clean link: the kernel retransmits nothing",
                 kernel("RetransSegs") == kernel("InCsumErrors") == kernel("InErrs") == 0,
                 kernel.text("RetransSegs", "InCsumErrors", "InErrs") + "; " + server.retransmissions())


def check_crowd(report, documents):
    """As many connections at a time as the server's table holds, each with its own document."""
    clients = []
    with Server(documents) as server:
        for _ in range(64):
            clients.append(connect())
        for i, client in enumerate(clients):
            client.sendall(get(SIZES[i % len(SIZES)]))
        right = sum(is_right(read_all(client), documents, str(SIZES[i % len(SIZES)]))
                    for i, client in enumerate(clients))
        for client in clients:
            client.close()
        server.stop()
    report.check("64 connections at a time", right == 64 and server["connections_closed"] == 64
                 and server["rsts_in"] == server["rsts_out"] == 0,
                 f"{right} hashes right; " + server.text("connections_closed", "rsts_in", "rsts_out"))


def check_full_table(report, documents):
    with Server(documents) as server:
        clients = [connect() for _ in range(64)]
        try:
            connect().close()
            refused = False
        except ConnectionRefusedError:
            refused = True
        # The first one leaves, and waits for the server's FIN: its place is free before the next SYN arrives.
        clients[0].shutdown(socket.SHUT_WR)
        read_all(clients[0])
        after = is_right(talk(get("5000")), documents, "5000")
        for client in clients:
            client.close()
        server.stop()
    report.check("a full table refuses the 65th, and recovers", refused and after,
                 server.text("connections_opened", "connections_refused", "connections_closed"))


def check_peer_closes_first(report, documents):
    kernel = KernelDelta()
    with Server(documents, "--exit-after", "4") as server:
        with connect() as client:
            client.sendall(get("100000"))
            client.shutdown(socket.SHUT_WR)
            after_request = is_right(read_all(client), documents, "100000")
        with connect() as client:
            client.shutdown(socket.SHUT_WR)
            nothing_asked = read_all(client)
        with connect() as client:
            client.sendall(b"GET /5000 HT")
            client.shutdown(socket.SHUT_WR)
            half_asked = status_of(read_all(client))
        connect().close()
        server.wait()
    report.check("the peer closes first", after_request and nothing_asked == b"" and half_asked == 400
                 and server["connections_closed"] == 4
                 and server["rsts_in"] == server["rsts_out"] == kernel("OutRsts") == kernel("EstabResets") == 0,
                 f"behind its request: {hash_text(after_request)}; without one: {len(nothing_asked)} bytes; in the "
                 f"middle of one: status {half_asked}; " + server.text("connections_closed", "rsts_in", "rsts_out"))


def check_abort(report, documents):
    """SO_LINGER with 0 seconds turns close() into a RST."""
    with Server(documents) as server:
        for _ in range(20):
            with connect() as client:
                client.sendall(get("huge"))
                client.recv(10000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        next_one = is_right(talk(get("100000")), documents, "100000")
        alive = server.is_alive()
        server.stop()
    report.check("the peer aborts in the middle, 20 times, and the next is served",
                 next_one and alive and server["connections_reset"] == 20 and server["connections_closed"] == 1
                 and server["rsts_out"] == 0,
                 server.text("connections_reset", "connections_closed", "rsts_in", "rsts_out"))


def check_closed_port(report, documents):
    with Server(documents) as server:
        try:
            connect(port=81).close()
            refused = False
        except ConnectionRefusedError:
            refused = True
        server.stop()
    report.check("a port that nobody serves is refused", refused and server["rsts_out"] == 1, server.text("rsts_out"))


def check_endings(report, documents):
    statuses = {}
    for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM)):
        with Server(documents) as server:
            talk(get("1"))
            statuses[name] = server.stop(number)
    with Server(documents, "--exit-after", "3") as server:
        for _ in range(3):
            talk(get("1"))
        statuses["--exit-after"] = server.wait()
    report.check("the server ends in an orderly way", set(statuses.values()) == {0}, f"exit statuses {statuses}")
