# SPDX-License-Identifier: Apache-2.0
"""What a hostile guest's tools do to the service, each while a download goes on: scans, floods and garbage."""

import contextlib
import random
import re
import subprocess
import time

import raw_frames
from checklist import needs
from http_client import hash_text
from mmds import Mmds, SlowDownload, USER_DATA, ask
from raw_frames import SYN
from testbed import PORT, SERVER, TAP

SEED = 9293
FLOOD = 10_000
TABLE = 32
GARBAGE = 30_000
DROPPED = ("frames_foreign", "frames_malformed", "checksum_errors", "frames_fragments", "tcp_refused")
PORTION = 250  # frames at a time, fewer than the TAP device queues


class Attack:
    """A service, and a download from it that an attack shall not disturb. It soon gives up who never answers."""

    def __init__(self, metadata, *options):
        self.metadata = metadata
        self.mmds = Mmds(metadata, "--rto", "50", *options)
        self.download = self.entered = None
        self.alive = self.serves = False
        self.left = None

    def __enter__(self):
        with contextlib.ExitStack() as entered:
            entered.enter_context(self.mmds)
            self.download = entered.enter_context(SlowDownload(self.metadata))
            self.entered = entered.pop_all()
        return self

    def end(self):
        """The download comes to its end, the next request is answered, and the service ends in an orderly way."""
        self.download.finish()
        self.alive = self.mmds.is_alive()
        self.serves = self.metadata.is_right(USER_DATA, ask(USER_DATA)[2])
        self.left = self.mmds.connections_after(10)
        self.alive &= self.mmds.stop() == 0

    def __exit__(self, *arguments):
        self.entered.__exit__(*arguments)

    def was_harmless(self):
        return self.download.is_right() and self.alive and self.serves

    def dropped_some_of_all_kinds(self, least):
        return min(self.mmds[name] for name in DROPPED) > least

    def text(self, *names):
        return (f"{self.download.text()}, {hash_text(self.serves)} afterwards, {self.left} connections left; "
                + self.mmds.text(*names))


# ------------------------------------------------------------------------------------------------------------ nmap ----

FEW_PORTS = f"{PORT - 2}-{PORT + 2}"
SCANS = {
    "-sS -sV": ("-p", "1-1000", "-sS", "-sV", "--version-intensity", "1", "--script", "http-server-header"),
    "-O": ("-p", FEW_PORTS, "-O", "--max-os-tries", "1"),
    "-sA": ("-p", FEW_PORTS, "-sA"),
    "-sN": ("-p", FEW_PORTS, "-sN"),
    "-sF": ("-p", FEW_PORTS, "-sF"),
    "-sX": ("-p", FEW_PORTS, "-sX"),
    "-f": ("-p", FEW_PORTS, "-sS", "-f", "--max-retries", "0"),
    "--badsum": ("-p", FEW_PORTS, "-sS", "--badsum", "--max-retries", "0"),
}
# Who is refused is told so, whatever it was that came; what is no segment at all is not answered.
WANTED = {"-sS -sV": "open", "-O": "open", "-sA": "unfiltered", "-sN": "closed", "-sF": "closed", "-sX": "closed",
          "-f": "filtered", "--badsum": "filtered"}


def scan(options):
    """What nmap says of the service's port: its state, and what it finds behind it."""
    result = subprocess.run(["nmap", "-n", "-Pn", "--host-timeout", "40s", *options, SERVER], check=False,
                            capture_output=True, text=True)
    line = re.search(rf"^{PORT}/tcp +(\w+) +(.*)$", result.stdout, re.MULTILINE)
    if result.returncode != 0 or line is None:
        return f"exit status {result.returncode}: {result.stdout[-200:]}{result.stderr[-200:]}", ""
    return line.group(1), " ".join(line.group(2).split())


@needs("nmap")
def check_nmap(report, metadata):
    begin = time.monotonic()
    with Attack(metadata) as attack:
        found = {name: scan(options) for name, options in SCANS.items()}
        seconds = time.monotonic() - begin
        attack.end()
    states = {name: state for name, (state, _) in found.items()}
    service = found["-sS -sV"][1]
    report.check(f"{len(SCANS)} kinds of scan by nmap", states == WANTED and service == "http dumbo-mmds"
                 and attack.was_harmless() and attack.left == 0,
                 f"in {seconds:.1f} s, port {PORT}: {states}, it is \"{service}\"; "
                 + attack.text("frames_in", "tcp_refused", "frames_fragments", "checksum_errors", "tcp_established",
                               "tcp_reset_by_peer"))


# ------------------------------------------------------------------------------------------------- a flood of SYNs ----

def syns(rng, count):
    """From random ports of random neighbours, none of which will ever answer."""
    for _ in range(count):
        source = f"169.254.{rng.randrange(200, 250)}.{rng.randrange(1, 255)}"
        yield raw_frames.ethernet(raw_frames.ipv4(raw_frames.tcp(
            rng.randrange(1024, 65536), SYN, seq=rng.getrandbits(32), source=source, options=b"\x02\x04\x05\xb4"),
            source=source))


def send_all(frames, cable, barrier, between=lambda: None):
    """None of them gets lost on the way."""
    for i, frame in enumerate(frames, start=1):
        cable.send(frame)
        if i % PORTION == 0:
            barrier.wait()
            between()
    barrier.wait()


def check_syn_flood(report, metadata):
    rng = random.Random(SEED)
    connections = []
    with (Attack(metadata, "--connections", str(TABLE)) as attack, raw_frames.open_cable() as cable,
          raw_frames.Barrier() as barrier):
        mmds = attack.mmds
        send_all(syns(rng, FLOOD // 5), cable, barrier)
        before = mmds.resident_kib()
        send_all(syns(rng, FLOOD - FLOOD // 5), cable, barrier, lambda: connections.append(mmds.now()["connections"]))
        grown = mmds.resident_kib() - before
        attack.end()
    report.check(f"{FLOOD} SYNs that nothing follows", attack.was_harmless() and 1 < max(connections) <= TABLE
                 and mmds["tcp_opened"] >= FLOOD and mmds["tcp_evicted"] == 0 and grown < 256
                 and mmds["tcp_half_open_evicted"] + mmds["tcp_timed_out"] >= FLOOD - TABLE,
                 f"(seed {SEED}) at most {max(connections)} connections, the download among them, RSS grew by {grown} "
                 "KiB; " + attack.text("tcp_opened", "tcp_established", "tcp_half_open_evicted", "tcp_timed_out",
                                       "tcp_evicted", "frames_out"))


# --------------------------------------------------------------------------------------------------------- garbage ----

def check_garbage(report, metadata):
    """The same as dumbo-serve meets."""
    with Attack(metadata) as attack, raw_frames.open_cable() as cable, raw_frames.Barrier() as barrier:
        begin = time.monotonic()
        send_all(raw_frames.garbage(SEED, GARBAGE), cable, barrier)
        seconds = time.monotonic() - begin
        attack.end()
    report.check(f"{GARBAGE} frames of garbage", attack.was_harmless() and attack.mmds["frames_in"] > GARBAGE
                 and attack.dropped_some_of_all_kinds(GARBAGE // 100),
                 f"(seed {SEED}) in {seconds:.1f} s; " + attack.text("frames_in", *DROPPED, "arp_requests"))


HPING_COUNT = 3000
HPING = {
    "land": ("-S", "-a", SERVER, "-s", str(PORT), "-k"),
    "xmas": ("-F", "-S", "-R", "-P", "-A", "-U", "-X", "-Y"),
    "null with data": ("-d", "100"),
    "fragments": ("-S", "-f", "-d", "200"),
    "a wrong checksum": ("-S", "-b"),
    "a wrong offset": ("-S", "-O", "15"),
    "a foreign source": ("-S", "--rand-source"),
    "UDP": ("-2", "-d", "300"),
    "an unknown protocol": ("-0", "-H", "200", "-d", "64"),
    "ICMP": ("-1", "-d", "1000"),
}


def hping(options):
    """Returns how many packets it has sent: not always all, for it also ends when it has heard so many answers. Now and
    then it ends without saying how many, and then has to do it again."""
    for _ in range(3):
        result = subprocess.run(["hping3", "-I", TAP, "-n", "-q", "-i", "u20", "-c", str(HPING_COUNT), "-p", str(PORT),
                                 *options, SERVER], check=False, capture_output=True, text=True, timeout=30)
        if sent := re.search(r"(\d+) packets t", result.stdout + result.stderr):
            return int(sent.group(1))
    return 0


@needs("hping3")
def check_hping(report, metadata):
    with Attack(metadata) as attack:
        begin = time.monotonic()
        sent = {name: hping(options) for name, options in HPING.items()}
        seconds = time.monotonic() - begin
        attack.end()
    report.check(f"{len(HPING)} kinds of nonsense by hping3", attack.was_harmless()
                 and min(sent.values()) > 0.9 * HPING_COUNT
                 and attack.dropped_some_of_all_kinds(HPING_COUNT // 10),
                 f"{sum(sent.values())} packets in {seconds:.1f} s: {', '.join(sent)}; "
                 + attack.text("frames_in", *DROPPED, "tcp_half_open_evicted"))
