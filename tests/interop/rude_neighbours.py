# SPDX-License-Identifier: Apache-2.0
"""Frames that no kernel would send: from guests that vanish, from forgers, and from nobody in particular."""

import random
import re
import struct
import threading
import time

import raw_frames
from http_client import connect, get, hash_text, is_right, read_all, talk
from raw_frames import ACK, PSH, RST, SYN
from testbed import HUGE, Server


def check_vanished_peers(report, documents):
    """A guest that no kernel stands behind: it falls silent, first before and then behind the handshake."""
    port = 5000
    with Server(documents, "--rto", "10") as server, raw_frames.open_cable() as cable:
        cable.send(raw_frames.ethernet(raw_frames.ipv4(raw_frames.tcp(port, SYN, seq=1000))))
        synacks = 0
        while (segment := raw_frames.next_segment(cable, port)) is not None and not segment.flags & RST:
            synacks += segment.flags == SYN | ACK
        handshake_given_up = segment is not None

        port += 1
        cable.send(raw_frames.ethernet(raw_frames.ipv4(raw_frames.tcp(port, SYN, seq=1000))))
        synack = raw_frames.next_segment(cable, port)
        cable.send(raw_frames.ethernet(raw_frames.ipv4(
            raw_frames.tcp(port, PSH | ACK, seq=1001, ack=synack.seq + 1 & 0xFFFFFFFF, payload=get("5000")))))
        first_bytes = 0
        while (segment := raw_frames.next_segment(cable, port)) is not None and not segment.flags & RST:
            first_bytes += segment.seq == synack.seq + 1 & 0xFFFFFFFF and len(segment.payload) > 0
        transfer_given_up = segment is not None

        after = is_right(talk(get("5000")), documents, "5000")
        server.stop()
    report.check("vanished peers are given up after 15 timeouts",
                 handshake_given_up and transfer_given_up and synacks == first_bytes == 15 and after
                 and server["tcp_repeated_on_timeout"] >= 28 and server["tcp_resets_by_timeout"] == 2
                 and server["connections_reset"] == 2 and server["connections_closed"] == 1,
                 f"{synacks} SYNACKs, {first_bytes} times the first data segment, then a RST each; "
                 + server.retransmissions())


def check_garbage(report, documents):
    """Transfers in the middle of 20,000 frames of nonsense. They come in portions smaller than the server's table: a
    SYN flood that outruns the server may cost a handshake, which is another matter."""
    portion = 50
    outcome = []

    def fetch_again_and_again(stop):
        while not stop.is_set():
            try:
                outcome.append(is_right(talk(get("100000")), documents, "100000"))
            except OSError as error:
                print(f"   {error!r}", flush=True)
                outcome.append(False)

    with Server(documents) as server, raw_frames.open_cable() as cable, raw_frames.Barrier() as barrier:
        stop = threading.Event()
        fetcher = threading.Thread(target=fetch_again_and_again, args=(stop,))
        fetcher.start()
        sent = 0
        try:
            for frame in raw_frames.garbage(seed=9293, count=20000):
                cable.send(frame)
                sent += 1
                if sent % portion == 0:
                    barrier.wait()
        finally:
            stop.set()
            fetcher.join()
        after = is_right(talk(get("huge")), documents, "huge")
        alive = server.is_alive()
        status = server.stop()
    report.check("garbage does not disturb", alive and after and status == 0 and len(outcome) > 0 and all(outcome)
                 and min(server[name] for name in ("foreign", "malformed", "bad_checksums", "fragments")) > 0,
                 f"{sent} frames (seed 9293), {sum(outcome)} of {len(outcome)} hashes right meanwhile; "
                 + server.text("foreign", "malformed", "bad_checksums", "fragments", "connections_refused",
                               "connections_evicted", "rsts_out", "replies_lost"))


def send_first_part(cable, client, part):
    """Sends it and returns the number that the kernel will send next: the part itself, on the cable, tells it."""
    port = client.getsockname()[1]
    client.sendall(part)
    while True:
        frame = cable.recv(65536)
        if frame[:6] == raw_frames.SERVER_MAC and struct.unpack("!H", frame[34:36])[0] == port:
            segment = raw_frames.Segment(frame)
            if segment.payload == part:
                return segment.seq + len(part)


def forge(cable, client, flags, seq):
    """A segment in the kernel's name."""
    forged = raw_frames.tcp(client.getsockname()[1], flags, seq=seq & 0xFFFFFFFF, source=raw_frames.GUEST)
    cable.send(raw_frames.ethernet(raw_frames.ipv4(forged, source=raw_frames.GUEST)))


def check_blind_reset(report, documents):
    """RSTs in the kernel's name whose sequence numbers lie outside the window."""
    with Server(documents) as server, raw_frames.open_cable() as cable:
        with connect() as client:
            request = get("100000")
            expected = send_first_part(cable, client, request[:10])
            for distance in (-1, -70000, 65536 + 10, 1 << 30, 1 << 31):
                forge(cable, client, RST, expected + distance)
            client.sendall(request[10:])
            right = is_right(read_all(client), documents, "100000")
        server.stop()
    report.check("forged RSTs outside the window are ignored",
                 right and server["rsts_in"] == 5 and server["connections_closed"] == 1
                 and server["connections_reset"] == 0,
                 server.text("rsts_in", "connections_closed", "connections_reset"))


# ------------------------------------------------------------------------------- forged segments inside the window ----

ATTACK_SECONDS = 2
FIRST_PART = 10  # of the request
ATTACK_RTO = 0.25
RST_INSIDE = ((RST, 1), (RST, 30000), (RST | ACK, 65534))
RST_EXACT = ((RST, 0),)
SYN_ANYWHERE = ((SYN, 0), (SYN, 1), (SYN | ACK, 30000), (SYN, -1), (SYN, -70000), (SYN, 1 << 30), (SYN | ACK, 1 << 31))


def attack(documents, options, forgeries):
    """Forged segments in the middle of a transfer, whose reader takes little meanwhile, and then nothing, so that no
    data carry the server's answers. Returns whether everything arrived, or the error in its place, how much was still
    to come, and the server."""
    rng = random.Random(5961)
    received = []
    with (Server(documents, "--ladder", "--rto", str(round(ATTACK_RTO * 1000)), "--options", options) as server,
          raw_frames.open_cable() as cable, connect() as client):
        client.settimeout(3)
        request = get("huge")
        expected = send_first_part(cable, client, request[:FIRST_PART]) + len(request) - FIRST_PART
        client.sendall(request[FIRST_PART:])
        try:
            received.append(client.recv(100000))
            begin = time.monotonic()
            while time.monotonic() < begin + ATTACK_SECONDS:
                flags, distance = rng.choice(forgeries)
                forge(cable, client, flags, expected + distance)
                if time.monotonic() < begin + ATTACK_SECONDS / 2:
                    received.append(client.recv(10000))
                time.sleep(0.001)
            left = HUGE - sum(map(len, received))
            received.append(read_all(client))
            outcome = is_right(b"".join(received), documents, "huge")
        except OSError as error:
            outcome, left = type(error).__name__, HUGE
        server.stop()
    return outcome, left, server


def challenges_to(server):
    """When the server said nothing but ACK, in seconds: while it sends a document, all else that is due rides on data.
    The ACK of the request's first part is none of them."""
    acks = [re.match(r" *([0-9.]+) guest <-- #\d+ +ACK +(\d+):\2\(0\) ack (\d+) ", line) for line in server.lines]
    acks = [(float(found.group(1)), int(found.group(3))) for found in acks if found]
    return [when for when, number in acks if number > 1 + FIRST_PART]


def check_blind_attack(report, documents):
    outcome, left, server = attack(documents, "all", RST_INSIDE + SYN_ANYWHERE)
    exact, _, _ = attack(documents, "all", RST_EXACT)
    unprotected, _, _ = attack(documents, "none", RST_INSIDE)
    challenges = challenges_to(server)
    gaps = [later - earlier for earlier, later in zip(challenges, challenges[1:])]
    rsts, syns = (sum(name in line for line in server.lines) for name in ("INVALID_RST", "INVALID_SEGMENT"))
    report.check("forged RSTs and SYNs inside the window, in the middle of a transfer",
                 outcome is True and 0 < left < HUGE and server["connections_reset"] == server["rsts_out"] == 0
                 and min(rsts, syns) > 50 and len(challenges) >= 2 and min(gaps) > 0.95 * ATTACK_RTO,
                 f"{hash_text(outcome is True)}, {left} bytes behind the attack; {rsts} RSTs and {syns} SYNs drew "
                 f"{len(challenges)} challenge ACKs, at least {min(gaps, default=0):.3f} s apart at an RTO of "
                 f"{ATTACK_RTO}")
    # The kernel learns that the server has reset its end, with the next ACK that it has reason to send, or not at all.
    lost = ("ConnectionResetError", "TimeoutError")
    report.check("a RST at the very number that is expected still ends it, and without options one nearby does",
                 exact in lost and unprotected in lost, f"{exact}, {unprotected}")
