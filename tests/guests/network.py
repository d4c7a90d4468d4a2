# SPDX-License-Identifier: Apache-2.0
"""How QEMU's guests and dumbo-mmds are connected."""

import contextlib
import socket

from testbed import run

FRAME_MAX = 1514
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33

def stream(service):
    return f"stream,id=n,server=off,addr.type=unix,addr.path={service.path('stream')}"


def datagrams(service, name):
    own, others = service.path(name), service.path("datagrams")
    return f"dgram,id=n,local.type=unix,local.path={own},remote.type=unix,remote.path={others}"


def tap(name):
    return f"tap,id=n,ifname={name},script=no,downscript=no,vhost=off"


@contextlib.contextmanager
def tap_for_this_host(name):
    """A TAP device for the service, with an address for this host."""
    run("ip", "tuntap", "add", "mode", "tap", "name", name)
    run("ip", "address", "add", "169.254.1.2/16", "dev", name)
    run("ip", "link", "set", name, "up")
    try:
        yield
    finally:
        run("ip", "link", "delete", name)


@contextlib.contextmanager
def bridge(*taps):
    """TAP devices that are ports of one bridge."""
    run("ip", "link", "add", "bridge0", "type", "bridge")
    try:
        for name in taps:
            run("ip", "tuntap", "add", "mode", "tap", "name", name)
            run("ip", "link", "set", name, "master", "bridge0", "up")
        run("ip", "link", "set", "bridge0", "up")
        yield
    finally:
        for name in (*taps, "bridge0"):
            run("ip", "link", "delete", name)


class Sniffer:
    """Every frame that crosses a device, as the device gets it."""

    def __init__(self, name):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        # Room for all of them until somebody asks.
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        self._socket.bind((name, ETH_P_ALL))

    def largest(self):
        """The lengths of the largest frame that the program behind the device has sent, and of the largest it got."""
        sent, got = 0, 0
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, (_, _, kind, *_) = self._socket.recvfrom(1 << 17, socket.MSG_DONTWAIT)
                if kind == socket.PACKET_OUTGOING:
                    got = max(got, len(frame))
                else:
                    sent = max(sent, len(frame))
        return sent, got

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
