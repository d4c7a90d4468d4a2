# SPDX-License-Identifier: Apache-2.0
"""Many connections: at the same time, one after another, and more than there is room for."""

import re
import subprocess
import time

from checklist import needs
from http_client import connect, read_all
from mmds import META_DATA, Mmds, read_answer, request
from testbed import KernelDelta, PORT, SERVER

CROWD = 64
WRK_SECONDS = 20
SEQUENCE = 1000
TABLE = 8


@needs("wrk")
def check_wrk(report, metadata):
    with Mmds(metadata, "--connections", str(2 * CROWD)) as mmds:
        wrk = subprocess.run(["wrk", "-t2", f"-c{CROWD}", f"-d{WRK_SECONDS}s",
                              f"http://{SERVER}:{PORT}{META_DATA}/ami-id"], check=False, capture_output=True, text=True)
        left = mmds.connections_after()
        mmds.stop()
    requests = re.search(r"(\d+) requests in", wrk.stdout)
    rate = re.search(r"Requests/sec: *([0-9.]+)", wrk.stdout)
    errors = re.findall(r"(?:Socket errors|Non-2xx).*", wrk.stdout)
    report.check(f"wrk with {CROWD} connections for {WRK_SECONDS} s",
                 wrk.returncode == 0 and not errors and requests is not None and int(requests.group(1)) > 1000
                 and left == 0 and mmds["tcp_established"] >= CROWD
                 and mmds["tcp_evicted"] == mmds["tcp_half_open_evicted"] == 0,
                 f"{rate and rate.group(1)} requests/s, {requests and requests.group(1)} in all, errors: "
                 f"{errors or 'none'}; {left} connections left; "
                 + mmds.text("tcp_opened", "tcp_established", "tcp_half_open_evicted", "tcp_evicted", "tcp_finished",
                             "tcp_reset_by_peer", "frames_in", "frames_out"))


def check_sequence(report, metadata):
    """As many connections as the table holds times sixteen."""
    paths = [META_DATA + "/", META_DATA + "/ami-id", *(f"{META_DATA}/tags/{tag}"
                                                        for tag in metadata.node(META_DATA)["tags"])]
    kernel = KernelDelta()
    right = 0
    with Mmds(metadata) as mmds:
        begin = time.monotonic()
        for i in range(SEQUENCE):
            path = paths[i % len(paths)]
            with connect() as client:
                client.sendall(request(path, Connection="close"))
                right += metadata.is_right(path, read_all(client).partition(b"\r\n\r\n")[2])
        seconds = time.monotonic() - begin
        left = mmds.connections_after()
        mmds.stop()
    report.check("1,000 connections one after another",
                 right == SEQUENCE == mmds["tcp_finished"] and left == 0
                 and kernel("OutRsts") == kernel("EstabResets") == kernel("RetransSegs") == 0,
                 f"{right} hashes right in {seconds:.2f} s, {left} connections left; "
                 + mmds.text("tcp_established", "tcp_finished", "tcp_reset") + "; kernel: "
                 + kernel.text("OutRsts", "EstabResets", "RetransSegs"))


def is_served(client):
    """On a connection that stays open."""
    try:
        client.sendall(request(META_DATA + "/ami-id"))
        with client.makefile("rb") as stream:
            return read_answer(stream).endswith(b"\r\n\r\nami-0123456789")
    except OSError:
        return False


def check_full_table(report, metadata):
    """The table is full, and everybody in it was served. The next one's SYN is dropped while nobody is idle for a
    second; one that the kernel repeats finds room, for the one that was silent for longest is gone."""
    with Mmds(metadata, "--connections", str(TABLE), "--idle", "1") as mmds:
        clients = [connect() for _ in range(TABLE)]
        served = sum(map(is_served, clients))
        longest_silent = clients.pop(0)
        begin = time.monotonic()
        clients.append(connect())
        seconds = time.monotonic() - begin
        still_served = sum(map(is_served, clients))
        evicted_is_served = is_served(longest_silent)
        for client in (*clients, longest_silent):
            client.close()
        left = mmds.connections_after()
        mmds.stop()
    report.check(f"a table of {TABLE} is full, and the one that was silent for longest gives way after a second",
                 served == still_served == TABLE and not evicted_is_served and 0.9 < seconds < 8
                 and mmds["tcp_evicted"] == 1 and mmds["tcp_syns_dropped"] >= 1 and left == 0,
                 f"{served} served, then {still_served} others, the new one after {seconds:.2f} s; the evicted one: "
                 f"{'served' if evicted_is_served else 'reset'}; {left} connections left; "
                 + mmds.text("tcp_established", "tcp_evicted", "tcp_syns_dropped"))
