# SPDX-License-Identifier: Apache-2.0
"""curl, as a guest's scripts use it, and as it dies."""

import json
import re
import subprocess
import time

from checklist import needs
from http_client import digest, hash_text
from mmds import LARGE, LARGE_SIZE, META_DATA, Mmds, TOKEN, TOKEN_HEADER, TOKEN_TTL, USER_DATA, USER_DATA_SIZE, ask
from testbed import PORT, SERVER

ABORTS = 20
RATE = 1_000_000
FIGURES = "%{stderr}%{http_version} %{http_code} %{num_connects}\n"


def url(path):
    return f"http://{SERVER}:{PORT}{path}"


class Curl:
    """What one call of it printed: for each of the URLs the HTTP version, the status and how many connections it took
    to get there, and all bodies in a row."""

    def __init__(self, *arguments):
        result = subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "30",
                                 "--write-out", FIGURES, *arguments], check=False, capture_output=True)
        said = result.stderr.decode("utf-8", "replace")
        figures = [line.split() for line in said.splitlines() if re.fullmatch(r"[0-9.]+ \d{3} \d+", line)]
        self.exit_status = result.returncode
        self.body = result.stdout
        self.said = said
        self.versions = [version for version, _, _ in figures]
        self.statuses = [int(status) for _, status, _ in figures]
        self.connects = [int(connects) for _, _, connects in figures]

    def text(self):
        return f"status {self.statuses}, connects {self.connects}"


@needs("curl")
def check_curl_with_token(report, metadata):
    """Under --imds v2, nothing is told without one."""
    with Mmds(metadata, "--imds", "v2") as mmds:
        got = Curl("--request", "PUT", "--header", f"{TOKEN_TTL}: 60", "--dump-header", "-", url(TOKEN))
        head, _, secret = got.body.partition(b"\r\n\r\n")
        with_it = ("--header", f"{TOKEN_HEADER}: {secret.decode('ascii', 'replace')}")
        listing = Curl(*with_it, url(META_DATA + "/"))
        text = Curl(*with_it, url(META_DATA + "/local-hostname"))
        user_data = Curl(*with_it, url(USER_DATA))
        tree = Curl(*with_it, "--header", "Accept: application/json", url("/latest/meta-data"))
        without = Curl(url(META_DATA + "/"))
        wrong = Curl("--header", f"{TOKEN_HEADER}: {secret[::-1].decode('ascii', 'replace')}", url(META_DATA + "/"))
        mmds.stop()
    report.check("curl gets a token by PUT", got.statuses == [200] and len(secret) > 20
                 and f"\r\n{TOKEN_TTL}: 60\r\n".lower().encode() in head.lower() + b"\r\n",
                 f"{got.text()}, {len(secret)} characters, TTL echoed")
    report.check("and, with it, a listing, a string, user-data and JSON",
                 listing.body == metadata.body(META_DATA) and text.body == "gäste-haus".encode()
                 and metadata.is_right(USER_DATA, user_data.body)
                 and json.loads(tree.body) == metadata.node(META_DATA),
                 f"{len(listing.body)}, {len(text.body)}, {len(user_data.body)} and {len(tree.body)} bytes")
    report.check("but nothing without one, nor with a wrong one",
                 without.statuses == wrong.statuses == [401] and b"ami-id" not in without.body + wrong.body,
                 f"{without.statuses}, {wrong.statuses}")


@needs("curl")
def check_curl_connections(report, metadata):
    """When curl keeps its connection and when the service closes it."""
    paths = [META_DATA + "/ami-id", META_DATA + "/", USER_DATA, META_DATA + "/nothing", META_DATA + "/ami-id"]
    urls = list(map(url, paths))
    with Mmds(metadata) as mmds:
        kept = Curl("--verbose", *urls)
        old = Curl("--http1.0", urls[0], urls[0])
        old_kept = Curl("--http1.0", "--header", "Connection: keep-alive", urls[0], urls[0])
        closed = Curl("--header", "Connection: close", urls[0], urls[0])
        head = Curl("--head", urls[2], "--next", "--silent", "--write-out", FIGURES, "--noproxy", "*", urls[0])
        mmds.stop()
    report.check("curl keeps its connection from one URL to the next",
                 kept.connects == [1, 0, 0, 0, 0] and kept.statuses == [200, 200, 200, 404, 200]
                 and kept.said.count("Re-using existing connection") == 4
                 and metadata.body(USER_DATA) in kept.body and kept.body.endswith(b"ami-0123456789"),
                 f"{kept.text()}, Re-using {kept.said.count('Re-using existing connection')} times")
    twice = b"ami-0123456789" * 2
    report.check("HTTP/1.0 closes, unless it is asked to keep alive; so does Connection: close",
                 old.connects == closed.connects == [1, 1] and old_kept.connects == [1, 0]
                 and old.body == old_kept.body == closed.body == twice,
                 f"connects {old.connects}, {old_kept.connects}, {closed.connects}; answered as "
                 f"{old.versions[:1]}, {closed.versions[:1]}")
    length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head.body.lower())
    report.check("HEAD tells the length and nothing more, and the connection stays",
                 head.connects == [1, 0] and length is not None and int(length.group(1)) == USER_DATA_SIZE
                 and head.body.endswith(b"\r\n\r\nami-0123456789"),
                 f"{head.text()}, Content-Length {length and length.group(1).decode()}")


@needs("curl")
def check_curl_refused(report, metadata):
    wants_token = ("--request", "PUT", "--header", f"{TOKEN_TTL}: 60")
    cases = {
        "404 nothing there": (url(META_DATA + "/nothing"),),
        "404 below a string": (url(META_DATA + "/ami-id/more"),),
        "405 POST": ("--request", "POST", url(META_DATA + "/")),
        "405 DELETE": ("--request", "DELETE", url(META_DATA + "/")),
        "400 a token without TTL": ("--request", "PUT", url(TOKEN)),
        "400 TTL 0": ("--request", "PUT", "--header", f"{TOKEN_TTL}: 0", url(TOKEN)),
        "400 TTL 21601": ("--request", "PUT", "--header", f"{TOKEN_TTL}: 21601", url(TOKEN)),
        "401 not a token": ("--header", f"{TOKEN_HEADER}: none", url(META_DATA + "/")),
        "200 in spite of all": (url(META_DATA + "/"),),
    }
    with Mmds(metadata) as mmds:
        statuses = {name: Curl(*arguments).statuses for name, arguments in cases.items()}
        forwarded = Curl(*wants_token, "--header", "X-Forwarded-For: 10.0.0.1", url(TOKEN))
        allowed = ask(META_DATA + "/", "POST")[1].get("Allow", "")
        mmds.stop()
    report.check("curl is refused what it must not have",
                 all(statuses[name] == [int(name[:3])] for name in cases) and "GET" in allowed,
                 f"{statuses}, Allow: {allowed}")
    report.check("a token that was asked for through a proxy is refused",
                 forwarded.statuses in ([400], [403]) and len(forwarded.body) < 100, forwarded.text())


@needs("curl")
def check_curl_slow(report, metadata):
    with Mmds(metadata) as mmds:
        begin = time.monotonic()
        got = Curl("--limit-rate", str(RATE), url(USER_DATA))
        seconds = time.monotonic() - begin
        mmds.stop()
    right = digest(got.body) == digest(metadata.body(USER_DATA))
    report.check(f"curl --limit-rate {RATE}", right and got.statuses == [200] and seconds > USER_DATA_SIZE / RATE / 4,
                 f"{hash_text(right)} in {seconds:.1f} s; " + mmds.text("frames_in", "frames_out"))


def kill_in_the_middle():
    """Returns how many bytes curl had passed on by then."""
    with subprocess.Popen(["curl", "--silent", "--noproxy", "*", "--no-buffer", "--limit-rate", "1M", url(LARGE)],
                          stdout=subprocess.PIPE) as curl:
        passed_on = len(curl.stdout.read1(1 << 16))
        curl.kill()
        return passed_on


@needs("curl")
def check_curl_killed(report, metadata):
    with Mmds(metadata) as mmds:
        before = mmds.resident_kib()
        begun = [kill_in_the_middle() for _ in range(ABORTS)]
        after = Curl(url(USER_DATA))
        left = mmds.connections_after()
        grown = mmds.resident_kib() - before
        mmds.stop()
    right = digest(after.body) == digest(metadata.body(USER_DATA))
    report.check(f"curl is killed in the middle, {ABORTS} times, and nothing of that stays",
                 min(begun) > 0 and right and left == 0 and grown < 2 * LARGE_SIZE / 1024
                 and ABORTS + 1 - mmds["tcp_finished"] == mmds["tcp_reset_by_peer"] > 0,
                 f"{left} connections left, {hash_text(right)} afterwards, RSS grew by {grown} KiB; "
                 + mmds.text("tcp_established", "tcp_reset_by_peer", "tcp_finished", "tcp_timed_out"))
