# SPDX-License-Identifier: Apache-2.0
"""dumbo-mmds while it runs, what it serves, and its counters afterwards."""

import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import time

from testbed import Documents, Server

ADDRESS = "169.254.169.254"
URL = f"http://{ADDRESS}"
INSTANCE_ID = "i-0123456789abcdef0"
PUBLIC_KEY = "ssh-ed25519 AAAAC3Nza guest@example"
DOCUMENT_MAX = 2_000_000
START_SECONDS = 10
COMPLAINTS = ("frames_unusable", "frames_malformed", "checksum_errors", "requests_malformed", "requests_too_large",
              "requests_timed_out", "answers_5xx", "connections_aborted", "connections")


def text_of(size):
    """A text without a pattern, in lines, the same in every run."""
    digits = random.Random(1).randbytes(size // 2).hex("\n", 32)
    return digits[:size - 1] + "\n"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def ec2_document(user_data):
    """Metadata in the shape that EC2 gives them."""
    identity = {"instanceId": INSTANCE_ID, "region": "eu-nowhere-1", "version": "2017-09-30"}
    return {"latest": {
        "dynamic": {"instance-identity": {"document": json.dumps(identity)}},
        "meta-data": {
            "ami-id": "ami-dumbo",
            "hostname": "guest.example",
            "instance-id": INSTANCE_ID,
            "local-hostname": "guest.example",
            "placement": {"availability-zone": "eu-nowhere-1a"},
            "public-keys": {"guest": PUBLIC_KEY},
        },
        "user-data": user_data,
    }}


class Service(Server):
    """As the interop tests' server, but it tells by itself when it is ready."""

    program = "dumbo-mmds"

    def __init__(self, document, attachments, *options):
        """Attachments are pairs of an option and a device or the name of a socket, which is put into self.path()."""
        self.files = Documents()
        super().__init__(self.files)
        with open(self.path("document"), "w", encoding="utf-8") as file:
            json.dump(document, file)
        self.command = [self.program, "--data", self.path("document"), "--max-data", str(DOCUMENT_MAX), "--stats",
                        *options]
        for option, name in attachments:
            self.command += [option, name if option == "--tap" else self.path(name)]

    def path(self, name):
        return self.files.scratch(name)

    def __enter__(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
            notifications.bind(self.path("notify"))
            notifications.settimeout(0.1)
            self.process = subprocess.Popen(self.command, stdout=self.output, stderr=subprocess.STDOUT,
                                            env={**os.environ, "NOTIFY_SOCKET": self.path("notify")})
            self._wait_until_it_is_ready(notifications)
        return self

    def _wait_until_it_is_ready(self, notifications):
        give_up = time.monotonic() + START_SECONDS
        while self.is_alive() and time.monotonic() < give_up:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in notifications.recv(4096).splitlines():
                    return
        self.process.kill()
        self.process.wait()
        self.output.seek(0)
        raise RuntimeError(f"dumbo-mmds does not get ready: {self.output.read()}")

    def end(self, report, name, **expected):
        """It has to end in order when it is asked to, with the expected counters, and no complaint about a guest."""
        status = self.stop(signal.SIGTERM)
        expected |= dict.fromkeys(COMPLAINTS, 0)
        differing = [counter for counter, value in expected.items() if self.counters.get(counter) != value]
        report.check(f"{name}: the service's end and counters", status == 0 and not differing,
                     f"exit status {status}, {self.text('requests', 'frames_in', 'frames_out')}")
        for line in self.lines if status != 0 else differing:
            print(f"   > {line} {self.counters.get(line, '')}", flush=True)
