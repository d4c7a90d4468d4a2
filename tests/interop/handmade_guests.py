# SPDX-License-Identifier: Apache-2.0
"""Guests by hand, for moments that a kernel cannot be brought to: an ACK that gets lost, two segments that cross."""

import os
import signal

import raw_frames
from http_client import digest, get, hash_text, split
from raw_frames import ACK, FIN, PSH, RST, SYN
from testbed import Server

REPEATS = 5
# Longer than any of these checks: whatever the server sends is an answer, and nothing a timeout's.
NO_TIMEOUT = ("--rto", "60000")


class Guest:
    """One end of a connection: what it sends, it sends at its own number, and acknowledges what it was told to."""

    def __init__(self, cable, port):
        self.cable = cable
        self.port = port
        self.seq = 1000
        self.ack = 0

    def send(self, flags, payload=b"", window=65535):
        self.cable.send(raw_frames.ethernet(raw_frames.ipv4(
            raw_frames.tcp(self.port, flags, self.seq, self.ack, payload, window=window))))

    def receive(self):
        return raw_frames.next_segment(self.cable, self.port)

    def shake_hands(self):
        self.send(SYN)
        synack = self.receive()
        self.accept(synack)
        self.send(ACK)
        return synack

    def accept(self, synack):
        self.seq += 1
        self.ack = synack.seq + 1 & 0xFFFFFFFF

    def fetch(self, name):
        """The body of a document over the established connection, every segment acknowledged; None if it ends early."""
        request = get(name)
        self.send(PSH | ACK, request)
        self.seq += len(request)
        response = b""
        while (segment := self.receive()) is not None and not segment.flags & RST:
            if segment.seq == self.ack:
                response += segment.payload
                self.ack = self.ack + len(segment.payload) & 0xFFFFFFFF
                self.send(ACK)
            if segment.flags & FIN:
                return split(response)[1]
        return None


class Frozen:
    """While the server stands still, frames pile up: it will read them in one go and answer behind the last."""

    def __init__(self, server):
        self.process = server.process

    def __enter__(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)


# ---------------------------------------------------------------------------------------------- a FIN, repeated ----

def listen(guest):
    """Everything that the server says now, until it is silent."""
    guest.cable.settimeout(0.1)
    segments = list(iter(guest.receive, None))
    guest.cable.settimeout(2)
    return segments


def answers_to_fins(guest, window=65535):
    """For each time that the same FIN is sent, how many ACKs of it come back; None in place of their number where the
    server says anything else, such as data that nobody asked for."""
    answers = []
    for _ in range(REPEATS):
        guest.send(FIN | ACK, window=window)
        segments = listen(guest)
        right = all(segment.flags & ~FIN == ACK and not segment.payload and segment.ack == guest.seq + 1
                    for segment in segments)
        answers.append(len(segments) if right else None)
    return answers


def repeat_fin(documents, options):
    """Who did not hear the answer to its FIN sends it again: to a server whose own FIN is under way; to one that has
    sent as much as the window holds; and to one that waits for a closed window to open, with nothing under way."""
    answers = {}
    with Server(documents, *NO_TIMEOUT, "--options", options) as server, raw_frames.open_cable() as cable:
        guest = Guest(cable, 5000)
        guest.shake_hands()
        answers["its FIN under way"] = answers_to_fins(guest)

        guest = Guest(cable, 5001)
        guest.shake_hands()
        request = get("100000")
        guest.send(PSH | ACK, request)
        guest.seq += len(request)
        in_flight = sum(len(segment.payload) for segment in listen(guest))
        answers[f"{in_flight} bytes under way"] = answers_to_fins(guest)
        guest.ack = guest.ack + in_flight & 0xFFFFFFFF
        answers["the window closed"] = answers_to_fins(guest, window=0)
        server.stop()
    return answers


def check_repeated_fin(report, documents):
    answers = repeat_fin(documents, "all")
    without = repeat_fin(documents, "none")
    every_time = [1] * REPEATS
    report.check("a FIN that is repeated is acknowledged every time, and draws nothing else",
                 list(answers.values()) == [every_time] * 3 and "65535 bytes under way" in answers
                 and without["the window closed"] == [0] * REPEATS,
                 f"ACKs for each FIN with all options: {answers}; with none, None where more came: {without}")


# ---------------------------------------------------------------------------------------- a handshake that crosses ----

def cross_handshake(documents, options):
    """The guest repeats its SYN; the SYNACK of the first one, under way already, reaches it right behind. So the server
    sees a SYN, which makes a SYNACK due again, and an ACK before it could send that. Returns the document fetched over
    this connection, or None, and the server."""
    with Server(documents, *NO_TIMEOUT, "--options", options) as server, raw_frames.open_cable() as cable:
        guest = Guest(cable, 5000)
        guest.send(SYN)
        synack = guest.receive()
        with Frozen(server):
            guest.send(SYN)
            guest.accept(synack)
            guest.send(ACK)
        body = guest.fetch("5000")
        server.stop()
    return body, server


def check_crossing_handshake(report, documents):
    body, tolerant = cross_handshake(documents, "all")
    no_body, rigid = cross_handshake(documents, "none")
    right = body is not None and digest(body) == digest(documents.bodies["5000"])
    report.check("a repeated SYN that crosses the SYNACK",
                 right and tolerant["rsts_out"] == 0 and tolerant["connections_opened"] == 1
                 and no_body is None and rigid["rsts_out"] > 0,
                 f"{hash_text(right)}, rsts_out {tolerant['rsts_out']} with all options; "
                 f"rsts_out {rigid['rsts_out']} with none")
