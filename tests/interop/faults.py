# SPDX-License-Identifier: Apache-2.0
"""Downloads and uploads over a link that drops, repeats, reorders and delays frames in both directions."""

import collections
import concurrent.futures
import contextlib
import os
import random
import socket
import time

from http_client import connect, digest, digest_of_file, get, read_all, split, status_of
from testbed import Documents, KernelDelta, SERVER_MAC, Server, extra_cable, has_sysctl, read_sysctl, run, write_sysctl

LENGTH = 10_000_000
SEED = 9293
WORST = 20  # percent of each fault
DELAY_MS = 2
SERVER_RTO_MS = 5
PORTION = 10  # so many downloads and as many uploads meet one server
STUCK_SECONDS = 150  # without a byte

TRANSFERS = 100  # of each kind

# The kernel's TCP is made for long ways: a timeout is at least 200 ms, and doubles with every one that follows, for
# without time stamps no ACK of repeated data resets it. But as long as three segments at most are under way it repeats
# them at a steady pace. So it gets a short timeout, a small buffer, no segments that are several in one, and no
# suspicion that a timeout was a false alarm; one duplicate ACK is enough for it; and it never despairs. Nor does it
# leave a repeated SYNACK unanswered because it answered one 500 ms ago: the server gives up after 15 timeouts of 5 ms.
# Where the first SYN was lost, it waits 3 seconds for lack of a measurement, and doubles those, unless it has a
# tcp_rto_max_ms (since Linux 6.15).
IMPATIENCE = {"tcp_thin_linear_timeouts": 1, "tcp_frto": 0, "tcp_reordering": 1, "tcp_max_reordering": 1,
              "tcp_retries2": 100, "tcp_syn_retries": 50, "tcp_orphan_retries": 50, "tcp_no_metrics_save": 1,
              "tcp_invalid_ratelimit": 0, "tcp_rto_max_ms": 1000}
RTO_MIN = "1ms"
SEND_BUFFER = 1  # the kernel makes it the least that there is


def schedule(count):
    """Which share of the frames, in percent, meets which fault: none, all of them at their worst, and what is drawn."""
    rng = random.Random(SEED)
    yield (0, 0, 0, 0)
    yield (WORST,) * 4
    for _ in range(count - 2):
        yield tuple(rng.randint(0, WORST) for _ in range(4))


def fault_options(rates, seed):
    names = ("drop", "duplicate", "reorder", "delay")
    return ",".join([*(f"{name}={rate}" for name, rate in zip(names, rates)), f"delay-ms={DELAY_MS}", f"seed={seed}"])


Transfer = collections.namedtuple("Transfer", "kind name seconds outcome")


def timed(transfer, *arguments):
    begin = time.monotonic()
    try:
        outcome = "right" if transfer(*arguments) else "hash WRONG"
    except OSError as error:
        outcome = repr(error)
    return Transfer(transfer.__name__, arguments[-1], time.monotonic() - begin, outcome)


def download(documents, cable, _, name):
    with connect(server=cable.server) as client:
        client.settimeout(STUCK_SECONDS)
        client.sendall(get(name))
        return digest(split(read_all(client))[1]) == digest(documents.bodies[name])


def upload(documents, cable, directory, name):
    body = documents.bodies[name]
    with connect(server=cable.server) as client:
        client.settimeout(STUCK_SECONDS)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        client.sendall(f"PUT /{name} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        stored = status_of(read_all(client)) == 201
    return stored and digest_of_file(os.path.join(directory, name)) == digest(body)


# ---------------------------------------------------------------------------------------------------- the servers ----

class Bench:
    """A server with faults on a cable of its own, and what became of the transfers that met it."""

    def __init__(self, cable, rates, seed):
        self.cable = cable
        self.faults = fault_options(rates, seed)
        self.transfers = []
        self.counters = {}
        run("ip", "link", "set", cable.tap, "gso_max_segs", "1")
        run("ip", "route", "add", cable.server, "dev", cable.tap, "rto_min", RTO_MIN)
        # No ARP: the kernel asks once a second, and gives up when three answers got lost.
        run("ip", "neighbour", "replace", cable.server, "lladdr", SERVER_MAC.hex(":"), "dev", cable.tap,
            "nud", "permanent")

    def run(self, documents):
        uploads = documents.scratch(self.cable.tap)
        os.mkdir(uploads)
        with Server(documents, "--rto", str(SERVER_RTO_MS), "--faults", self.faults, "--uploads", uploads,
                    cable=self.cable) as server:
            jobs = [(transfer, name) for name in documents.bodies for transfer in (download, upload)]
            with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
                self.transfers = list(pool.map(lambda job: timed(job[0], documents, self.cable, uploads, job[1]), jobs))
            # The last ACK of a guest that has everything may be lost, and the server repeats its FIN, for 15 timeouts.
            time.sleep(1)
            server.stop()
        self.counters = server.counters

    def complaints(self):
        return [f"{transfer.kind} {transfer.name}, --faults {self.faults}: {transfer.outcome} after "
                f"{transfer.seconds:.1f} s" for transfer in self.transfers if transfer.outcome != "right"]


def run_benches(documents):
    """All at the same time: the transfers spend most of it waiting for timeouts."""
    with contextlib.ExitStack() as cables, concurrent.futures.ThreadPoolExecutor(TRANSFERS // PORTION) as pool:
        benches = [Bench(cables.enter_context(extra_cable(i)), rates, SEED + i)
                   for i, rates in enumerate(schedule(TRANSFERS // PORTION), start=1)]
        for running in [pool.submit(bench.run, documents) for bench in benches]:
            running.result()
    return benches


def with_impatience(work):
    names = [f"net/ipv4/{name}" for name in IMPATIENCE if has_sysctl(f"net/ipv4/{name}")]
    before = {name: read_sysctl(name) for name in names}
    try:
        for name in names:
            write_sysctl(name, IMPATIENCE[os.path.basename(name)])
        return work()
    finally:
        for name in reversed(names):  # tcp_reordering is at most tcp_max_reordering
            write_sysctl(name, before[name])


def check_faults(report, _):
    documents = Documents()
    for i in range(PORTION):
        documents.add(str(i), LENGTH)
    kernel = KernelDelta()
    begin = time.monotonic()
    benches = with_impatience(lambda: run_benches(documents))
    seconds = time.monotonic() - begin
    for complaint in (complaint for bench in benches for complaint in bench.complaints()):
        print(f"   {complaint}", flush=True)
    done = [transfer for bench in benches for transfer in bench.transfers]
    right = collections.Counter(transfer.kind for transfer in done if transfer.outcome == "right")
    slowest = max(done, key=lambda transfer: transfer.seconds)
    total = sum((collections.Counter(bench.counters) for bench in benches), collections.Counter())
    faults = {kind: total[f"faults_{kind}"] for kind in ("dropped", "duplicated", "reordered", "delayed")}
    report.check(f"{TRANSFERS} downloads and {TRANSFERS} uploads over bad links",
                 right == {"download": TRANSFERS, "upload": TRANSFERS} and min(faults.values()) > 0
                 and total["connections_closed"] + total["connections_reset"] >= 2 * TRANSFERS
                 and total["connections_closed"] >= 0.99 * 2 * TRANSFERS,
                 f"right: {dict(right)}, in {seconds:.0f} s, the slowest {slowest.kind} in {slowest.seconds:.1f} s; "
                 f"frames {faults}; connections closed {total['connections_closed']}, reset "
                 f"{total['connections_reset']}; our retransmissions: {total['tcp_repeated_on_dup_ack']} on duplicate "
                 f"ACKs, {total['tcp_repeated_on_timeout']} on timeouts; {total['early_taken']} segments "
                 "taken that came before their turn; kernel: " + kernel.text("RetransSegs", "TCPTimeouts"))
