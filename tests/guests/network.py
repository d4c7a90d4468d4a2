# SPDX-License-Identifier: Apache-2.0
"""How QEMU's guests and dumbo-mmds are connected."""

import contextlib

from testbed import run


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
