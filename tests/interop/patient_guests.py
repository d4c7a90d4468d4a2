# SPDX-License-Identifier: Apache-2.0
"""Guests that take their time: idle under keep-alives, and not reading for long."""

import re
import socket
import time

from http_client import connect, get, hash_text, is_right, read_all
from testbed import KernelDelta, Server, extra_cable

IDLE_SECONDS = 30
READER_PAUSE = 10


def idle_guest(cable):
    """A socket that the kernel gives up four seconds after the last sign of life."""
    client = connect(server=cable.server)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return client


def wait_for_loss(client):
    """What the idle socket ends with, and after how many seconds."""
    begin = time.monotonic()
    try:
        outcome = f"{len(client.recv(1))} bytes"
    except OSError as error:
        outcome = type(error).__name__ + (f" {error.errno}" if error.errno else "")
    return outcome, time.monotonic() - begin


def keep_alives(server):
    """Probes carry the number before the next one: behind the handshake alone that is 0. And what answers them."""
    probes = sum(re.search(r" --> #\d+ +ACK +0:0\(0\) ack 1 ", line) is not None for line in server.lines)
    answers = sum(re.search(r" <-- #\d+ +ACK +1:1\(0\) ack 1 ", line) is not None for line in server.lines)
    return probes, answers


def check_keep_alive(report, documents):
    """At the same time on a second cable: a server without options, whose silence costs the guest its connection."""
    with (extra_cable(1) as second,
          Server(documents, "--ladder", "--options", "all") as server, idle_guest(server.cable) as client,
          Server(documents, "--options", "none", cable=second) as silent, idle_guest(second) as lost):
        begin = time.monotonic()
        outcome, seconds = wait_for_loss(lost)
        time.sleep(max(0, begin + IDLE_SECONDS - time.monotonic()))
        client.sendall(get("100000"))
        right = is_right(read_all(client), documents, "100000")
        client.close()
        server.stop()
        silent.stop()
    probes, answers = keep_alives(server)
    report.check(f"{IDLE_SECONDS} seconds idle under keep-alives", right and probes >= IDLE_SECONDS - 5
                 and answers == probes and server["rsts_in"] == server["rsts_out"] == 0,
                 f"{hash_text(right)} afterwards, {probes} probes, {answers} answers; "
                 + server.text("connections_opened", "connections_closed", "rsts_in", "rsts_out"))
    report.check("without options such a guest is lost", outcome == "TimeoutError 110" and seconds < 10,
                 f"{outcome} after {seconds:.1f} s")


def check_stopped_reader(report, documents):
    """Ten seconds without reading: the window closes, and stays so for longer than fifteen timeouts of 200 ms. What the
    kernel says when it opens may be lost, so the server has to ask."""
    kernel = KernelDelta()
    with Server(documents, "--ladder", "--options", "all") as server:
        with connect(receive_buffer=4096) as client:
            client.sendall(get("100000"))
            response = client.recv(1000)
            time.sleep(READER_PAUSE)
            response += read_all(client)
        server.stop()
    right = is_right(response, documents, "100000")
    closed = sum(re.search("--> .* win 0$", line) is not None for line in server.lines)
    probes = sum(re.search(r" <-- #\d+ +ACK .*\(1\) ", line) is not None for line in server.lines)
    report.check(f"a reader that stops for {READER_PAUSE} seconds",
                 right and probes >= READER_PAUSE and closed >= probes
                 and server["connections_closed"] == 1 and server["rsts_in"] == server["rsts_out"] == 0,
                 f"{hash_text(right)}, {probes} zero-window probes, {closed} segments said that the window is closed, "
                 f"{server.retransmissions()}; kernel: " + kernel.text("TCPToZeroWindowAdv", "TCPFromZeroWindowAdv"))
