# SPDX-License-Identifier: Apache-2.0
"""How far what dumbo-mmds sends may travel."""

import struct

import raw_frames
from http_client import connect
from mmds import META_DATA, Mmds, TOKEN, TOKEN_TTL, read_answer, request

FAR = 64


class Listener:
    """All that passes on the cable from here on."""

    def __init__(self):
        self.cable = raw_frames.open_cable()
        self.cable.settimeout(0.2)
        self.frames = []

    def hops_to(self, port):
        """The TTLs of what the service has sent there, those of several frames in a row once."""
        self._hear()
        hops = []
        for frame in self.frames:
            if (frame[6:12] == raw_frames.SERVER_MAC and frame[12:14] == b"\x08\x00"
                    and struct.unpack("!H", frame[36:38])[0] == port and hops[-1:] != [frame[22]]):
                hops.append(frame[22])
        return hops

    def _hear(self):
        try:
            while True:
                self.frames.append(self.cable.recv(2048))
        except TimeoutError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cable.close()


class Talk:
    """A connection that stays open."""

    def __init__(self):
        self.client = connect()
        self.port = self.client.getsockname()[1]
        self.stream = self.client.makefile("rb")

    def ask(self, *what, **how):
        self.client.sendall(request(*what, **how))
        return read_answer(self.stream)

    def close(self):
        self.stream.close()
        self.client.close()


def hops_of_both_kinds(metadata, *options):
    """The TTLs on a connection that asks for a token in its middle, up to that and in all, and on two that never do,
    one before and one at the same time."""
    ttl = {TOKEN_TTL.replace("-", "_"): 60}
    with Mmds(metadata, *options) as mmds, Listener() as listener:
        before, with_token, beside = Talk(), Talk(), Talk()
        before.ask(META_DATA + "/")
        before.close()
        with_token.ask(META_DATA + "/")
        at_first = listener.hops_to(with_token.port)
        with_token.ask(TOKEN, "PUT", **ttl)
        for talk in (with_token, beside):
            talk.ask(META_DATA + "/")
            talk.close()
        mmds.connections_after()
        hops = [listener.hops_to(talk.port) for talk in (with_token, before, beside)]
        mmds.stop()
    return at_first, *hops


def check_token_hops(report, metadata):
    by_default = hops_of_both_kinds(metadata)
    three = hops_of_both_kinds(metadata, "--token-hops", "3")
    report.check("what follows a token request goes no further than one hop, or as many as --token-hops says",
                 by_default == ([FAR], [FAR, 1], [FAR], [FAR]) and three == ([FAR], [FAR, 3], [FAR], [FAR]),
                 f"TTLs before and with the token, and on other connections: {by_default}; --token-hops 3: {three}")
