# SPDX-License-Identifier: Apache-2.0
"""Frames that no kernel would send: from guests that vanish, from forgers, and from nobody in particular."""

import struct
import threading

import raw_frames
from http_client import connect, get, is_right, read_all, talk
from raw_frames import ACK, PSH, RST, SYN
from testbed import Server


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
                 and min(server["retransmitted_control"], server["retransmitted_on_timeout"]) >= 14
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


def check_blind_reset(report, documents):
    """RSTs in the kernel's name whose sequence numbers lie outside the window."""
    with Server(documents) as server, raw_frames.open_cable() as cable:
        with connect() as client:
            port = client.getsockname()[1]
            request = get("100000")
            client.sendall(request[:10])
            seen = 0
            while seen < 10:
                # Our own request's first part on the cable tells the sequence number.
                frame = cable.recv(65536)
                if frame[:6] == raw_frames.SERVER_MAC and struct.unpack("!H", frame[34:36])[0] == port:
                    segment = raw_frames.Segment(frame)
                    seen = len(segment.payload)
            for distance in (-1, -70000, 65536 + 10, 1 << 30, 1 << 31):
                seq = segment.seq + 10 + distance & 0xFFFFFFFF
                forged = raw_frames.tcp(port, RST, seq=seq, source=raw_frames.GUEST)
                cable.send(raw_frames.ethernet(raw_frames.ipv4(forged, source=raw_frames.GUEST)))
            client.sendall(request[10:])
            right = is_right(read_all(client), documents, "100000")
        server.stop()
    report.check("forged RSTs outside the window are ignored",
                 right and server["rsts_in"] == 5 and server["connections_closed"] == 1
                 and server["connections_reset"] == 0,
                 server.text("rsts_in", "connections_closed", "connections_reset"))
