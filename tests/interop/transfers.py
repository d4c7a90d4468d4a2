# SPDX-License-Identifier: Apache-2.0
"""What is transferred: every kind of request, much, slowly, and as tshark sees it."""

import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import time

import pcap_check
from http_client import (connect, digest, digest_of_file, get, hash_text, is_right, read_all, split, status_of, talk)
from testbed import HUGE, KernelDelta, PORT, SERVER, Server


def check_http(report, documents):
    answers = {}
    with Server(documents, "--exit-after", "8") as server:
        head, body = split(talk(b"HEAD /5000 HTTP/1.0\r\n\r\n"))
        for name, request in (("404", b"GET /nothing HTTP/1.0\r\n\r\n"), ("405", b"PUT /5000 HTTP/1.1\r\n\r\n"),
                              ("400 no HTTP", b"hello\r\n\r\n"), ("400 version", b"GET /5000 HTTP/3\r\n\r\n"),
                              ("400 too long", b"GET /" + b"a" * 100000 + b" HTTP/1.0\r\n\r\n"),
                              ("200 query", b"GET /5000?x=y HTTP/1.1\r\nHost: x\r\n\r\n")):
            answers[name] = status_of(talk(request))
        with connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in get("5000"):
                client.send(bytes([byte]))
            bytewise = is_right(read_all(client), documents, "5000")
        server.wait()
    report.check("HEAD", head.startswith("HTTP/1.0 200 ") and "\r\nContent-Length: 5000" in head and body == b"",
                 head.replace("\r\n", " | "))
    report.check("requests that are none, or for nothing",
                 all(str(status) == name[:3] for name, status in answers.items()), str(answers))
    report.check("a request byte by byte", bytewise, hash_text(bytewise))
    report.check("all of them are read to their end, however long, and closed without a RST",
                 server["tcp_bytes_in"] > 100000 and server["requests"] == server["connections_closed"] == 8
                 and server["rsts_in"] == server["rsts_out"] == 0,
                 server.text("tcp_bytes_in", "requests", "connections_closed", "rsts_in", "rsts_out"))


def check_curl(report, documents):
    if shutil.which("curl") is None:
        report.skip("curl", "it is not installed")
        return
    target = documents.scratch("fetched-by-curl")
    with Server(documents) as server:
        result = subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", "--output", target,
                                 "--write-out", "%{http_code}", f"http://{SERVER}:{PORT}/100000"],
                                check=False, capture_output=True, text=True)
        server.stop()
    right = digest_of_file(target) == digest(documents.bodies["100000"])
    report.check("curl", result.returncode == 0 and result.stdout == "200" and right,
                 f"exit status {result.returncode}, HTTP {result.stdout}, {hash_text(right)}, "
                 + server.retransmissions())


def check_huge(report, documents):
    kernel = KernelDelta()
    with Server(documents) as server:
        begin = time.monotonic()
        response = talk(get("huge"))
        seconds = time.monotonic() - begin
        server.stop()
    right = is_right(response, documents, "huge")
    report.check("100 MB", right and kernel("RetransSegs") == 0
                 and kernel("InCsumErrors") == 0,
                 f"{hash_text(right)}, {HUGE / seconds / 1e6:.0f} MB/s, "
                 + server.text("segments_in", "segments_out", "tcp_dup_ack") + "; " + kernel.text("InCsumErrors")
                 + "; " + server.retransmissions())


def check_slow_reader(report, documents):
    """A reader that sleeps longer than the kernel can delay two ACKs, so that its window closes again and again."""
    with Server(documents, "--ladder") as server:
        with connect(receive_buffer=4096) as client:
            client.sendall(get("65535"))
            response = b""
            while piece := client.recv(10000):
                response += piece
                time.sleep(0.15)
        server.stop()
    right = is_right(response, documents, "65535")
    closed = sum(re.search("--> .* win 0$", line) is not None for line in server.lines)
    report.check("a slow reader whose window closes", right and closed > 5
                 and server["rsts_in"] == server["rsts_out"] == 0,
                 f"{hash_text(right)}, {closed} segments said that the window is closed; {server.retransmissions()}")


def check_beyond_2_32(report, documents):
    """More bytes than there are sequence numbers: they wrap, and no payload source can reach from end to end. The file
    is nearly all holes, but for a mark in every MiB."""
    size = (1 << 32) + 100_000_000
    with open(documents.path("sparse"), "wb") as file:
        file.truncate(size)
        for offset in range(0, size, 1 << 20):
            file.seek(offset)
            file.write(str(offset).encode())
    kernel = KernelDelta()
    received = hashlib.sha256()
    length = 0
    with Server(documents) as server:
        begin = time.monotonic()
        with connect() as client:
            client.sendall(get("sparse"))
            head, piece = split(client.recv(1000))
            while piece:
                received.update(piece)
                length += len(piece)
                piece = client.recv(1 << 20)
        seconds = time.monotonic() - begin
        server.stop()
    right = received.digest() == digest_of_file(documents.path("sparse"))
    os.remove(documents.path("sparse"))
    report.check("more than 2^32 bytes", right and length == size and f"\r\nContent-Length: {size}" in head
                 and kernel("RetransSegs") == kernel("InCsumErrors") == 0,
                 f"{hash_text(right)}, {length} bytes, {length / seconds / 1e6:.0f} MB/s; {server.retransmissions()}")


def check_capture(report, documents):
    """A capture of real traffic, some of it strange, as tshark sees it."""
    if missing := pcap_check.missing_tool():
        report.skip("the capture of real traffic", f"{missing} is not installed")
        return
    path = documents.scratch("capture.pcapng")
    with Server(documents, "--exit-after", "4", "--pcap", path) as server:
        for name in ("0", "5000", "100000"):
            talk(get(name))
        with connect() as client:
            client.sendall(get("huge"))
            client.recv(10000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.wait()
    pcap_check.check_file(report, "real traffic", path, server["frames_in"] + server["frames_out"],
                          comment="RESET_RECEIVED")
