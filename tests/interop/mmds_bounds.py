# SPDX-License-Identifier: Apache-2.0
"""What goes beyond a bound of dumbo-mmds, or just does not, and what takes longer than it may."""

import collections
import concurrent.futures
import time

from http_client import connect, read_all, status_of
from mmds import META_DATA, Mmds, SlowDownload, TOKEN, request

TABLE = 4  # so few that all of its memory is in use early
MAX_REQUEST = 8192
MAX_HEADERS = 64
REQUEST_TIMEOUT = 1
IDLE_TIMEOUT = 6 * REQUEST_TIMEOUT

Fate = collections.namedtuple("Fate", "status end seconds")


def end_of(client):
    """How the service ends a connection, or that it does not."""
    try:
        read_all(client)
        return "closed"
    except ConnectionResetError:
        return "reset"
    except TimeoutError:
        return "open"


def fate_of(pieces, pause=0.0, patience=3.0):
    """The status of the first answer to what is sent in these pieces, how the connection ends behind it, and when."""
    begin = time.monotonic()
    status = None
    with connect() as client:
        client.settimeout(patience)
        try:
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer may have come before
        try:
            status = status_of(client.recv(12))
            end = end_of(client)
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "open"
    return Fate(status, end, time.monotonic() - begin)


# -------------------------------------------------------------------------------------------------------- too much ----

def of_length(length):
    """A request whose head is so long."""
    short = request(META_DATA + "/", Connection="close", X_Long="")
    return request(META_DATA + "/", Connection="close", X_Long="a" * (length - len(short)))


def with_headers(count):
    """A request of so many headers; Host and Connection are two of them."""
    return request(META_DATA + "/", Connection="close", **{f"X_{i}": i for i in range(count - 2)})


def with_body(method, path, body, **headers):
    return request(path, method, Content_Length=len(body), **headers) + body


def check_bounds(report, metadata):
    endless = [b"GET / HTTP/1.1\r\n", *[b"X-More: " + b"a" * 990 + b"\r\n"] * 1000]
    cases = {
        f"200 head of {MAX_REQUEST} bytes": [of_length(MAX_REQUEST)],
        f"431 head of {MAX_REQUEST + 1} bytes": [of_length(MAX_REQUEST + 1)],
        "431 head without an end": endless,
        "431 target without an end": [b"GET /" + b"a" * 100_000],
        f"200 {MAX_HEADERS} headers": [with_headers(MAX_HEADERS)],
        f"431 {MAX_HEADERS + 1} headers": [with_headers(MAX_HEADERS + 1)],
        "413 GET with a body": [with_body("GET", META_DATA + "/", b"x" * 10)],
        "413 GET with a body of chunks": [request(META_DATA + "/", Transfer_Encoding="chunked") + b"1\r\nx\r\n"],
        "413 PUT token with a body of 1 MB": [with_body("PUT", TOKEN, b"x" * 1_000_000)],
        "400 no HTTP": [b"hello\r\n\r\n"],
        "400 two lengths": [request(META_DATA + "/", Content_Length="0\r\nContent-Length: 10")],
        "400 NUL in a header": [request(META_DATA + "/", X_Nul="a\0b")],
    }
    with Mmds(metadata, "--connections", str(TABLE)) as mmds:
        fates = {name: fate_of(pieces) for name, pieces in cases.items()}
        before = mmds.resident_kib()
        for _ in range(10):
            fate_of(endless)
        grown = mmds.resident_kib() - before
        left = mmds.connections_after()
        mmds.stop()
    wrong = {name: fate for name, fate in fates.items() if fate.status != int(name[:3]) or fate.end == "open"}
    report.check("what goes beyond a bound is refused, what reaches it is not", not wrong and left == 0,
                 f"{len(fates)} requests, wrong: {wrong}, {left} connections left; "
                 + mmds.text("tcp_finished", "tcp_reset_by_peer", "tcp_reset"))
    report.check("the answer to a request that is far too long is followed by a close, not by a RST",
                 all(fate.end == "closed" for fate in fates.values()),
                 ", ".join(f"{name}: {fate.end}" for name, fate in fates.items() if fate.end != "closed") or "all")
    report.check("heads without an end leave nothing behind", grown < 100, f"10 MB of them, RSS grew by {grown} KiB")


# -------------------------------------------------------------------------------------------------------- too slow ----

def drip():
    for byte in request(META_DATA + "/") * 2:
        yield bytes([byte])


def idle_after_answer():
    """How a connection that was answered once ends, and after how many seconds of silence."""
    with connect() as client:
        client.settimeout(2 * IDLE_TIMEOUT)
        client.sendall(request(META_DATA + "/ami-id"))
        status = status_of(client.recv(1000))
        begin = time.monotonic()
        end = end_of(client)
        return Fate(status, end, time.monotonic() - begin)


def check_timeouts(report, metadata):
    """All at the same time. The reader that takes longest of all is in nobody's way."""
    with (Mmds(metadata, "--request-timeout", str(REQUEST_TIMEOUT)) as mmds,
          concurrent.futures.ThreadPoolExecutor() as pool, SlowDownload(metadata) as download):
        half = pool.submit(fate_of, [b"GET / HT"])
        dripped = pool.submit(fate_of, drip(), pause=0.1)
        answered = pool.submit(idle_after_answer)
        silent = pool.submit(fate_of, [], patience=2 * IDLE_TIMEOUT)
        half, dripped, answered, silent = (job.result() for job in (half, dripped, answered, silent))
        download.finish()
        left = mmds.connections_after()
        mmds.stop()
    report.check(f"--request-timeout {REQUEST_TIMEOUT} ends a request that does not come to its end, however steadily",
                 half.status == dripped.status == 408 and half.end == "closed"
                 and 0.9 < half.seconds < IDLE_TIMEOUT - 1 and dripped.end in ("closed", "reset"),
                 f"half a request: {half.status} after {half.seconds:.2f} s; byte by byte: {dripped.status}, "
                 f"{dripped.end} after {dripped.seconds:.2f} s")
    report.check(f"a connection that is idle for {IDLE_TIMEOUT} s is closed", answered.status == 200
                 and answered.end == silent.end == "closed" and silent.status is None
                 and all(IDLE_TIMEOUT - 0.5 < fate.seconds < 2 * IDLE_TIMEOUT - 1 for fate in (answered, silent)),
                 f"after an answer: {answered.end} after {answered.seconds:.2f} s; before any request: {silent.end} "
                 f"after {silent.seconds:.2f} s")
    report.check("a slow reader is not", download.is_right() and left == 0,
                 f"{download.text()}; {left} connections left")
