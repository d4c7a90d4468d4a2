# SPDX-License-Identifier: Apache-2.0
"""What the checks of dumbo-mmds stand on: the program while it runs, and guests by hand at its sockets."""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

# What the interop tests have: pylint: disable=wrong-import-position
import raw_frames  # noqa: E402
from handmade_guests import Guest  # noqa: E402
from raw_frames import ACK, FIN, PSH, RST  # noqa: E402

PATIENCE = 20  # seconds: longer than anything here takes
MSS = 1460
DOCUMENT = {"latest": {"meta-data": {"instance-id": "i-1", "number": 5}, "user-data": "#!/bin/sh\n",
                       "big": "x" * 200_000}}


class Program:
    """dumbo-mmds while it runs, with its sockets, files and output in a directory of its own."""

    path = "dumbo-mmds"

    def __init__(self, *options, document=None):
        # A socket's path is short.
        self.directory = tempfile.TemporaryDirectory(prefix="mmds-", dir="/tmp")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(PATIENCE)
        self.notify.bind(self.file("notify"))
        self.write_document(DOCUMENT if document is None else document)
        self.options = ["--mac", raw_frames.SERVER_MAC.hex(":"), "--data", self.file("data"),
                        "--control", self.file("control"), "--stats", *options]
        self.state = self.file("state")
        self.process = None
        self.output = ""
        self.complaints = ""
        self.counters = {}

    def file(self, name):
        return os.path.join(self.directory.name, name)

    def write_document(self, document):
        with open(self.file("data"), "w", encoding="utf-8") as file:
            file.write(document if isinstance(document, str) else json.dumps(document))

    def dgram(self):
        return ["--qemu-dgram", self.file("dgram")]

    def start(self, *more, stderr=subprocess.PIPE):
        self.process = subprocess.Popen([self.path, *self.options, *more], stdout=subprocess.PIPE, stderr=stderr,
                                        text=True, env=os.environ | {"NOTIFY_SOCKET": self.file("notify")})
        self.wait_for_notice("READY=1")
        return self

    def wait_for_notice(self, text):
        while (notice := self.notify.recv(4096).decode()) != text:
            if notice.startswith(text):
                return

    def command(self, *words, given=None):
        return subprocess.run([self.path, "--control", self.file("control"), *words], input=given, text=True,
                              capture_output=True, check=False, timeout=PATIENCE)

    def live_counters(self):
        return _counters_in(self.command("--counters").stdout)

    def stop(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        return self.wait()

    def wait(self):
        self.output, self.complaints = self.process.communicate(timeout=PATIENCE)
        self.counters = _counters_in(self.output)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            self.process.communicate()
        self.notify.close()
        self.directory.cleanup()


def _counters_in(text):
    return {name: int(value) for name, value in re.findall(r"^([a-z0-9_]+) (\d+)$", text, re.MULTILINE)}


# --------------------------------------------------------------------------------------------------------- cables ----

class DgramCable:
    """As `-netdev dgram`: a frame is a datagram."""

    def __init__(self, program, name):
        self.path = program.file(name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(2)
        self.server = program.file("dgram")
        self.hops = []

    def send(self, frame):
        self.socket.sendto(frame, self.server)

    def recv(self, size):
        frame = self.socket.recv(size)
        if frame[12:14] == b"\x08\x00":
            self.hops.append(frame[22])
        return frame

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def close(self):
        self.socket.close()
        os.unlink(self.path)


class StreamCable:
    """As `-netdev stream`: a frame follows its length."""

    def __init__(self, program):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(program.file("stream"))
        self.socket.settimeout(2)

    def send(self, frame):
        self.socket.sendall(struct.pack("!I", len(frame)) + frame)

    def recv(self, _):
        return self._read(struct.unpack("!I", self._read(4))[0])

    def _read(self, size):
        data = b""
        while len(data) < size:
            if not (piece := self.socket.recv(size - len(data))):
                raise EOFError("the cable was unplugged")
            data += piece
        return data

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def close(self):
        self.socket.close()


# --------------------------------------------------------------------------------------------------------- guests ----

class Response:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.head = head.decode()
        self.status = int(self.head.split()[1]) if head.startswith(b"HTTP/1.") else None
        length = re.search(r"\r\nContent-Length: (\d+)", self.head)
        self.is_complete = length is not None and len(self.body) >= int(length[1])


class Connection:
    """One connection of a guest by hand, with an MSS, so that a large response does not take for ever."""

    def __init__(self, cable, port):
        self.guest = Guest(cable, port)
        self.end = None
        self.guest.cable.send(raw_frames.ethernet(raw_frames.ipv4(raw_frames.tcp(
            port, raw_frames.SYN, self.guest.seq, options=struct.pack("!BBH", 2, 4, MSS)))))
        self.synack = self.guest.receive()
        if self.synack is not None:
            self.guest.accept(self.synack)
            self.guest.send(ACK)

    def send(self, data):
        for i in range(0, len(data), MSS):
            piece = data[i:i + MSS]
            self.guest.send(PSH | ACK, piece)
            self.guest.seq += len(piece)

    def read(self, patience=2):
        """All that comes until a response is complete, or the connection ends."""
        self.guest.cable.settimeout(patience)
        data = b""
        while not Response(data).is_complete and self.end is None:
            segment = self.guest.receive()
            if segment is None:
                break
            if segment.flags & RST:
                self.end = "RST"
                break
            if segment.seq == self.guest.ack:
                data += segment.payload
                self.guest.ack = self.guest.ack + len(segment.payload) & 0xFFFFFFFF
                if segment.flags & FIN:
                    self.guest.ack = self.guest.ack + 1 & 0xFFFFFFFF
                    self.end = "FIN"
            if segment.payload or segment.flags & FIN:
                self.guest.send(ACK)
        return data

    def ask(self, target="/", *fields, method="GET", patience=2):
        self.send("\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *fields, "", ""]).encode())
        return Response(self.read(patience))

    def close(self):
        """Returns whether the server closes, too."""
        closed_before = self.end == "FIN"
        self.guest.send(FIN | ACK)
        self.guest.seq += 1
        self.read()
        # Until its last ACK is out, the connection keeps its place.
        while closed_before and (segment := self.guest.receive()) is not None and segment.ack != self.guest.seq:
            pass
        return self.end == "FIN"


def resolve(cable):
    """The MAC address that answers for the server's, by ARP."""
    cable.send(raw_frames.ethernet(raw_frames.arp(), raw_frames.ETHERTYPE_ARP, destination=raw_frames.BROADCAST))
    return cable.recv(65536)[6:12]


@contextlib.contextmanager
def plugged_in(*cables):
    try:
        yield cables if len(cables) > 1 else cables[0]
    finally:
        for cable in cables:
            with contextlib.suppress(OSError):
                cable.close()


def wait_until(condition):
    """Returns whether it comes true."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
