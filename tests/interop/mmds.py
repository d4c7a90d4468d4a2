# SPDX-License-Identifier: Apache-2.0
"""dumbo-mmds at the other end of the cable, the document that it serves, and the HTTP/1.1 that these tests need."""

import base64
import contextlib
import http.client
import json
import os
import subprocess
import tempfile
import threading
import time

from http_client import connect, digest, read_all, split
from testbed import FIRST, PORT, Program, SERVER, SERVER_MAC, Scratch, read_counters

META_DATA = "/latest/meta-data"
USER_DATA = "/latest/user-data"
LARGE = "/latest/large"
TOKEN = "/latest/api/token"
TOKEN_TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "X-aws-ec2-metadata-token"

USER_DATA_SIZE = 2_000_000
LARGE_SIZE = 8_000_000


def random_text(size):
    return base64.b64encode(os.urandom(size * 3 // 4 + 3)).decode()[:size]


class Metadata(Scratch):
    """A document of many strings, two of them large, in a file."""

    def __init__(self, user_data_size=USER_DATA_SIZE, large_size=LARGE_SIZE):
        super().__init__()
        self.tree = {"latest": {
            "meta-data": {
                "ami-id": "ami-0123456789",
                "local-hostname": "gäste-haus",
                "placement": {"availability-zone": "eu-1a", "region": "eu-1"},
                "tags": {f"tag-{size}": random_text(size) for size in (0, 1, 1459, 1460, 1461, 20000)},
            },
            "user-data": random_text(user_data_size),
            "large": random_text(large_size),
        }}
        self.file = self.scratch("metadata.json")
        with open(self.file, "w", encoding="utf-8") as file:
            json.dump(self.tree, file)

    def node(self, path):
        node = self.tree
        for name in path.strip("/").split("/"):
            node = node[name]
        return node

    def body(self, path):
        """What is served there without any Accept header: a string as it is, an object as a list of its keys."""
        node = self.node(path)
        if isinstance(node, str):
            return node.encode()
        return "\n".join(sorted(key + "/" * isinstance(value, dict) for key, value in node.items())).encode()

    def is_right(self, path, body):
        return digest(body) == digest(self.body(path))


class Mmds(Program):
    """dumbo-mmds, whose counters can be asked for while it runs, too."""

    program = "dumbo-mmds"

    # Large blocks come and go with their memory. Otherwise one that was freed would hide small ones that never are.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}

    def __init__(self, metadata, *options, cable=FIRST):
        self.room = tempfile.TemporaryDirectory(prefix="dumbo-control-")
        self.control = os.path.join(self.room.name, "control")
        super().__init__([self.program, "--tap", cable.tap, "--address", cable.server, "--mac", SERVER_MAC.hex(":"),
                          "--data", metadata.file, "--max-data", str(2 * LARGE_SIZE), "--control", self.control,
                          "--stats", *options], cable)

    def now(self):
        """The counters at this moment."""
        client = subprocess.run([self.program, "--control", self.control, "--counters"], check=True,
                                capture_output=True, text=True, timeout=20)
        return read_counters(client.stdout.splitlines())

    def connections_after(self, seconds=5):
        """How many connections there still are, as soon as there is none, or this much later."""
        give_up = time.monotonic() + seconds
        while (left := self.now()["connections"]) > 0 and time.monotonic() < give_up:
            time.sleep(0.05)
        return left

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


# ------------------------------------------------------------------------------------------------------------ HTTP ----

def request(path, method="GET", **headers):
    """As bytes, for a connection that stays open. Underscores stand for hyphens."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {SERVER}",
             *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def ask(path, method="GET", headers=None):
    """On a connection of its own. Returns status, headers and body."""
    with contextlib.closing(http.client.HTTPConnection(SERVER, PORT, timeout=20)) as connection:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def token(seconds=60):
    return ask(TOKEN, "PUT", {TOKEN_TTL: str(seconds)})[2].decode()


def read_answer(stream):
    """The next answer on a connection that stays open, as it came: head and body. Less than that where it ends."""
    head = b""
    length = 0
    while line := stream.readline():
        head += line
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if line == b"\r\n":
            break
    return head + stream.read(length)


class SlowDownload:
    """Of the large document, by a reader that takes little for as long as something else goes on beside it, and
    the rest at once. It is right if that was in its middle."""

    PORTION = 2000
    PAUSE = 0.01

    def __init__(self, metadata):
        self.metadata = metadata
        self.client = connect(receive_buffer=65536)
        self.hurry = threading.Event()
        self.reader = threading.Thread(target=self._read)
        self.pieces = []
        self.meanwhile = 0
        self.outcome = "unfinished"

    def __enter__(self):
        self.client.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: {SERVER}\r\nConnection: close\r\n\r\n".encode())
        self.pieces.append(self.client.recv(self.PORTION))
        self.reader.start()
        return self

    def _read(self):
        try:
            while not self.hurry.is_set() and (piece := self.client.recv(self.PORTION)):
                self.pieces.append(piece)
                self.hurry.wait(self.PAUSE)
            self.meanwhile = sum(map(len, self.pieces))
            self.pieces.append(read_all(self.client))
            _, body = split(b"".join(self.pieces))
            self.outcome = "hash right" if self.metadata.is_right(LARGE, body) else f"hash WRONG of {len(body)} bytes"
        except OSError as error:
            self.outcome = repr(error)

    def finish(self):
        self.hurry.set()
        self.reader.join()
        self.client.close()

    def is_right(self):
        return self.outcome == "hash right" and self.PORTION < self.meanwhile < LARGE_SIZE - 200_000

    def text(self):
        return f"download: {self.outcome}, {self.meanwhile} bytes of it meanwhile"

    def __exit__(self, *_):
        self.finish()
