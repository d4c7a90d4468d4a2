# SPDX-License-Identifier: Apache-2.0
"""Connections that outlive their process: the server saves them and ends, the next one restores them and goes on."""

import collections
import concurrent.futures
import fcntl
import math
import os
import random
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time

from http_client import connect, digest, digest_of_file, get, hash_text, is_right, read_all, status_of
from testbed import Documents, KernelDelta, PORT, SERVER, Server, TAP, write_sysctl

SEED = 9293
LENGTH = 20_000_000
DOWNLOADS = 100
AT_A_TIME = 4
CHANGES = 100  # of the process, at least, each while some download is in its middle
WINDOW = 65535
RTO_MS = "20"
PATIENCE = 20


class Succession:
    """One server of some kind after another, each with the connections of the one before."""

    def __init__(self, documents, *options, kind=Server):
        self.documents = documents
        self.kind = kind
        self.state = documents.scratch("state")
        self.options = ("--rto", RTO_MS, "--state", self.state, *options)
        self.server = None
        self.statuses = set()
        self.counters = collections.Counter()
        self.kernel = KernelDelta()

    def __enter__(self):
        # While there is no server the kernel asks in vain for its MAC address: not just once a second and three times.
        for name, value in (("retrans_time_ms", 10), ("mcast_solicit", 1000), ("ucast_solicit", 1000)):
            write_sysctl(f"net/ipv4/neigh/{TAP}/{name}", value)
        self._start()
        return self

    def _start(self):
        self.server = self.kind(self.documents, *self.options)
        self.server.__enter__()

    def end(self, signal_number=signal.SIGINT):
        self.statuses.add(self.server.stop(signal_number))
        self.counters.update(self.server.counters)

    def change(self, look=lambda: None):
        """From one process to the next. Returns what there is to see between them."""
        self.end(signal.SIGUSR1)
        seen = look()
        self._start()
        return seen

    def __exit__(self, *_):
        self.server.__exit__()

    def is_seamless(self):
        """Whether nobody's connection was reset. That is the kernel's to say and not rsts_out's: a FIN that the kernel
        repeats because a busy machine was slow with its ACK may find the connection over and done with, for which a RST
        is the answer, and nobody's loss."""
        counters = self.counters
        return (self.statuses == {0} and counters["connections_saved"] == counters["connections_restored"] > 0
                and counters["connections_reset"] == counters["rsts_in"] == self.kernel("EstabResets") == 0
                and not os.path.exists(self.state))

    def text(self):
        names = ("connections_opened", "connections_closed", "connections_saved", "connections_restored",
                 "connections_reset", "rsts_in", "rsts_out")
        return (f"exit statuses {sorted(self.statuses)}, "
                + ", ".join(f"{name} {self.counters[name]}" for name in names)
                + "; kernel: " + self.kernel.text("EstabResets"))


class Progress:
    """How far each of the transfers is, as the threads that make them tell."""

    def __init__(self, length):
        self.length = length
        self.changed = threading.Condition()
        self.under_way = {}
        self.ended = 0
        self.total = 0

    def add(self, name, length):
        with self.changed:
            self.under_way[name] = self.under_way.get(name, 0) + length
            self.total += length
            self.changed.notify()

    def end(self, name):
        with self.changed:
            self.under_way.pop(name, None)
            self.ended += 1
            self.changed.notify()

    def wait(self, length, count):
        """Until so much more has arrived, or so many transfers have ended. Fails when nothing happens any more."""
        with self.changed:
            goal = self.total + length
            while self.total < goal and self.ended < count:
                before = self.total
                if not self.changed.wait(PATIENCE) and self.total == before:
                    raise TimeoutError(f"no byte in {PATIENCE} seconds, under way: {self.under_way}")

    def in_the_middle(self):
        """Whether some transfer has begun, and lacks more than the kernel can have received without having told."""
        with self.changed:
            return any(0 < length < self.length - WINDOW for length in self.under_way.values())


def download(name, path, progress):
    """Its digest. By curl, whose output passes through here to be counted."""
    pieces = []
    curl = subprocess.Popen(["curl", "--silent", "--show-error", "--noproxy", "*", "--no-buffer", "--speed-limit", "1",
                             "--speed-time", str(PATIENCE), f"http://{SERVER}:{PORT}{path}"], stdout=subprocess.PIPE)
    try:
        while piece := curl.stdout.read1(1 << 16):
            pieces.append(piece)
            progress.add(name, len(piece))
    finally:
        progress.end(name)
        curl.stdout.close()
    if (status := curl.wait()) != 0:
        raise OSError(f"curl: exit status {status}")
    return digest(b"".join(pieces))


def long_document():
    documents = Documents()
    documents.add("long", LENGTH)
    return documents


def outcome_of(done, wanted):
    if done.cancelled():
        return "not begun"
    return repr(done.exception()) if done.exception() else hash_text(done.result() == wanted)


def download_through_changes(succession, path, length, count, at_a_time, changes, at_most=math.inf):
    """So many downloads of a document, and a new process for all of them after every few megabytes, where chance has
    it: more often than so many times. Returns the downloads, and for each change whether one was in its middle."""
    rng = random.Random(SEED)
    progress = Progress(length)
    portion = count * length // (changes * 3)  # much arrives before it is noticed that there was enough
    seen = []
    with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
        downloads = [pool.submit(download, i, path, progress) for i in range(count)]
        while progress.ended < count and not any(done.done() and done.exception() for done in downloads):
            progress.wait(rng.randrange(1, 2 * portion), count)
            if len(seen) < at_most:
                seen.append(succession.change(progress.in_the_middle))
        pool.shutdown(cancel_futures=True)
    return downloads, seen


def outcomes_of(downloads, wanted):
    return collections.Counter(outcome_of(done, digest(wanted)) for done in downloads)


def check_snapshots(report, _):
    if shutil.which("curl") is None:
        report.skip("snapshots in mid-transfer", "curl is not installed")
        return
    documents = long_document()
    begin = time.monotonic()
    with Succession(documents) as succession:
        downloads, seen = download_through_changes(succession, "/long", LENGTH, DOWNLOADS, AT_A_TIME, CHANGES)
        succession.end()
    seconds = time.monotonic() - begin
    outcomes = outcomes_of(downloads, documents.bodies["long"])
    report.check(f"{DOWNLOADS} downloads by curl, {AT_A_TIME} at a time, from one process to the next",
                 outcomes == {"hash right": DOWNLOADS} and sum(seen) >= CHANGES and succession.is_seamless(),
                 f"{dict(outcomes)}, {len(seen)} changes (seed {SEED}), {sum(seen)} with a download in its middle, in "
                 f"{seconds:.1f} s; " + succession.text())


def check_snapshots_of_every_kind(report, _):
    """Through every change: a download by curl, an upload, and a connection on which nothing was said yet."""
    if shutil.which("curl") is None:
        report.skip("snapshots of every kind", "curl is not installed")
        return
    documents = long_document()
    uploads = documents.scratch("uploads")
    os.mkdir(uploads)
    changes = 20
    target = documents.scratch("fetched-by-curl")
    body = documents.bodies["long"]
    with Succession(documents, "--uploads", uploads) as succession, connect() as idle, connect() as sender:
        curl = subprocess.Popen(["curl", "--silent", "--show-error", "--noproxy", "*", "--limit-rate", "10M",
                                 "--output", target, f"http://{SERVER}:{PORT}/long"])
        sender.sendall(f"PUT /upload HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        in_the_middle = 0
        for i in range(changes):
            sender.sendall(body[i * len(body) // changes:(i + 1) * len(body) // changes])
            time.sleep(0.05)
            in_the_middle += succession.change(lambda: curl.poll() is None)
        status = status_of(read_all(sender))
        idle.sendall(get("long"))
        idle_right = is_right(read_all(idle), documents, "long")
        curl_status = curl.wait(PATIENCE)
        idle.close()
        sender.close()
        succession.end()
    wanted = digest(body)
    curl_right = curl_status == 0 and digest_of_file(target) == wanted
    upload_right = status == 201 and digest_of_file(os.path.join(uploads, "upload")) == wanted
    report.check(f"{changes} changes of the process during a download by curl, an upload and silence",
                 curl_right and upload_right and idle_right and in_the_middle >= changes // 2
                 and succession.is_seamless(),
                 f"curl: exit status {curl_status}, {hash_text(curl_right)}, under way at {in_the_middle} changes; "
                 f"upload: status {status}, {hash_text(upload_right)}; a request on the silent connection: "
                 f"{hash_text(idle_right)}; " + succession.text())


# ------------------------------------------------------------------------------------------- states that are wrong ----

def wait_until(condition):
    give_up = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.002)


def unacknowledged(client):
    """How many bytes the other end has not acknowledged yet."""
    return struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, bytes(4)))[0]


REQUEST = b"GET /5000 HTTP/1.0\r\nX-Half: a request"


def saved_state(documents):
    """The state of a server with one connection, on which half a request has arrived."""
    state = documents.scratch("state")
    with Server(documents, "--state", state) as server, connect() as client:
        client.sendall(REQUEST)
        wait_until(lambda: unacknowledged(client) == 0)
        server.stop(signal.SIGUSR1)
        with open(state, "rb") as file:
            return bytearray(file.read())


def sealed(state):
    """With a right checksum: FNV-1a."""
    total = 0xCBF29CE484222325
    for byte in state[:-8]:
        total = (total ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return state[:-8] + total.to_bytes(8, "little")


def fate_of(documents, content):
    """What a server does with a state: refuse it and end with 1, or go on with it, and then it removes it. Anything else is
    its exit status."""
    state = documents.scratch("state")
    with open(state, "wb") as file:
        file.write(content)
    with subprocess.Popen([Server.program, "--tap", TAP, "--state", state, "--root", documents.root],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        wait_until(lambda: server.poll() is not None or not os.path.exists(state))
        if restored := server.poll() is None:
            server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=PATIENCE)
    if restored and server.returncode == 0:
        return "restored"
    return "refused" if not restored and server.returncode == 1 and said else f"exit status {server.returncode}"


def check_wrong_states(report, _):
    documents = Documents()
    documents.add("5000", 5000)
    state = saved_state(documents)
    rng = random.Random(SEED)
    fates = collections.Counter()
    for _ in range(40):
        damaged = bytearray(state)
        damaged[rng.randrange(len(state))] ^= 1 << rng.randrange(8)
        fates["damaged: " + fate_of(documents, damaged)] += 1
        fates["cut: " + fate_of(documents, sealed(state[:rng.randrange(16, len(state))]))] += 1
        if (fate := fate_of(documents, sealed(damaged))) not in ("refused", "restored"):
            fates[f"sealed: {fate}"] += 1
    contradiction = sealed(bytearray(bytes(state).replace(b"\r\nX-Half", b"\r\n\r\nHalf")))
    report.check("states that are damaged, cut, or contradict themselves are refused, the right one is not",
                 fates == {"damaged: refused": 40, "cut: refused": 40} and contradiction != state
                 and fate_of(documents, contradiction) == "refused" and fate_of(documents, state) == "restored",
                 f"{dict(fates)}, a request with an end in its middle: {fate_of(documents, contradiction)}, "
                 f"the right one: {fate_of(documents, state)}")
