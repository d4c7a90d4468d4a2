# SPDX-License-Identifier: Apache-2.0
"""Requests on plain sockets: many at once, cut anywhere."""

import random
import time

from http_client import connect, read_all, status_of
from mmds import LARGE, META_DATA, Mmds, read_answer, request

SEED = 9293
PIPELINED = 50


# ------------------------------------------------------------------------------------------------------ pipelining ----

def some_paths(metadata, rng):
    tags = [f"{META_DATA}/tags/{name}" for name in metadata.node(META_DATA)["tags"]]
    return rng.choices([META_DATA + "/", META_DATA + "/ami-id", META_DATA + "/nothing", *tags], k=PIPELINED)


def answers_one_by_one(paths):
    """What each of these is answered with, when the next one waits for the answer."""
    with connect() as client, client.makefile("rb") as stream:
        answers = []
        for path in paths:
            client.sendall(request(path))
            answers.append(read_answer(stream))
        return answers


def pieces_of(data, rng, longest):
    while data:
        length = rng.randint(1, longest)
        yield data[:length]
        data = data[length:]


def answers_in_one_stream(paths, pieces, length):
    """What comes back for the requests, sent in these pieces, up to this length; and one byte more, if one comes."""
    with connect() as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(0.0005)
        with client.makefile("rb") as stream:
            answers = stream.read(length)
        client.sendall(request(paths[0], Connection="close"))
        return answers, read_all(client)


def check_pipelining(report, metadata):
    rng = random.Random(SEED)
    paths = some_paths(metadata, rng)
    whole = b"".join(map(request, paths))
    with Mmds(metadata) as mmds:
        single = answers_one_by_one(paths)
        wanted = b"".join(single)
        right = sum(answer.endswith(b"\r\n\r\n" + metadata.body(path))
                    for path, answer in zip(paths, single) if not path.endswith("nothing"))
        ways = {
            "at once": [whole],
            "byte by byte": pieces_of(whole, rng, 1),
            "cut anywhere": pieces_of(whole, rng, 200),
            "cut before each last byte": [b"".join(map(request, paths[:1]))[:-1], whole[len(request(paths[0])) - 1:-1],
                                          whole[-1:]],
        }
        outcomes = {}
        for way, pieces in ways.items():
            answers, then = answers_in_one_stream(paths, pieces, len(wanted))
            outcomes[way] = answers == wanted and status_of(then) == 200 and then.endswith(metadata.body(paths[0]))
        mmds.stop()
    report.check(f"{PIPELINED} requests in a row are answered in order, byte for byte as one by one",
                 right == sum(not path.endswith("nothing") for path in paths) > 0 and all(outcomes.values()),
                 f"{len(whole)} bytes of requests (seed {SEED}), {len(wanted)} of answers; right: {outcomes}")


def check_pipelining_unread(report, metadata):
    """Twenty times the large document is asked for, and nothing read for a while: what waits is the guest's."""
    count = 20
    with Mmds(metadata) as mmds:
        before = mmds.resident_kib()
        with connect() as client, client.makefile("rb") as stream:
            client.sendall(request(LARGE) * count)
            time.sleep(0.5)
            grown = mmds.resident_kib() - before
            right = sum(metadata.is_right(LARGE, read_answer(stream).partition(b"\r\n\r\n")[2]) for _ in range(count))
        mmds.stop()
    report.check(f"{count} requests for the large document, unread at first", right == count and grown < 20_000,
                 f"{right} hashes right, RSS grew by {grown} KiB while nothing was read")
