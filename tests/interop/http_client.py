# SPDX-License-Identifier: Apache-2.0
"""A client on plain sockets: the Linux kernel's TCP, and the HTTP that these tests need."""

import hashlib
import socket

from testbed import PORT, SERVER


def connect(maxseg=None, receive_buffer=None, port=PORT, server=SERVER):
    client = socket.socket()
    client.settimeout(20)
    try:
        if maxseg is not None:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, maxseg)
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect((server, port))
    except BaseException:
        client.close()
        raise
    return client


def get(name):
    return f"GET /{name} HTTP/1.0\r\n\r\n".encode()


def read_all(client):
    pieces = []
    while piece := client.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def talk(request, **how):
    with connect(**how) as client:
        client.sendall(request)
        return read_all(client)


def split(response):
    head, _, body = response.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def status_of(response):
    return int(response.split(b" ", 2)[1]) if response.startswith((b"HTTP/1.0 ", b"HTTP/1.1 ")) else None


def digest(data):
    return hashlib.sha256(data).digest()


def digest_of_file(path):
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            whole.update(piece)
    return whole.digest()


def hash_text(right):
    return "hash right" if right else "hash WRONG"


def is_right(response, documents, name):
    """The status, the stated length and, by SHA-256, the body."""
    head, body = split(response)
    wanted = documents.bodies[name]
    return (head.startswith("HTTP/1.0 200 ") and f"\r\nContent-Length: {len(wanted)}" in head
            and digest(body) == digest(wanted))
