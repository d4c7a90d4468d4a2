# SPDX-License-Identifier: Apache-2.0
"""Which segment sizes the kernel announces, what it gets, and what it sends."""

import re

from http_client import get, hash_text, is_right, talk
from testbed import KernelDelta, Server, set_mtu


def payload_sizes(server, arrow):
    """The lengths of all data segments in one direction, from the server's ladder."""
    lines = (line for line in server.lines if f" guest {arrow} #" in line)
    sizes = (int(re.search(r"\((\d+)\)", line).group(1)) for line in lines)
    return [size for size in sizes if size > 0]


def announced_mss(server):
    return [int(found.group(1)) for line in server.lines if (found := re.search(r"--> #.* SYN .*<mss (\d+)", line))]


def check_mss(report, documents, mss, announced, *options):
    """A fetch whose request is long too, so that both directions have full segments."""
    kernel = KernelDelta()
    request = b"GET /65536?" + b"x" * 3000 + b" HTTP/1.0\r\n\r\n"
    with Server(documents, "--ladder", *options) as server:
        right = is_right(talk(request, maxseg=announced), documents, "65536")
        server.stop()
    down = payload_sizes(server, "<--")
    up = payload_sizes(server, "-->")
    report.check(f"segments of {mss} bytes",
                 right and announced_mss(server) == [announced]
                 and max(down) == max(up) == mss and down.count(mss) >= 65536 // mss
                 and kernel("InCsumErrors") == 0 and kernel("RetransSegs") == 0,
                 f"the SYN announces {announced_mss(server)}, {hash_text(right)}, {len(down)} segments of at most "
                 f"{max(down)} bytes from us, {len(up)} of at most {max(up)} from the kernel; "
                 + server.retransmissions())


def check_mss_1460(report, documents):
    check_mss(report, documents, 1460, 1460)


def check_mss_536(report, documents):
    check_mss(report, documents, 536, 536)


def check_mss_100(report, documents):
    check_mss(report, documents, 100, 100)


def check_mss_88(report, documents):
    """TCP_MAXSEG 88, the least the kernel takes, puts the value 88 on the wire. That is below 100, so such a SYN is
    refused by contract. Segments of 88 bytes come about all the same: ours where 12 bytes of an MSS of 100 are
    reserved, the kernel's where the device's MTU is 128."""
    with Server(documents, "--ladder") as server:
        try:
            talk(get("5000"), maxseg=88)
            refused = False
        except ConnectionRefusedError:
            refused = True
        server.stop()
    report.check("an MSS of 88 in the SYN is refused with a RST",
                 refused and announced_mss(server) == [88] and server["connections_refused"] == 1
                 and server["connections_opened"] == 0 and server["rsts_out"] == 1,
                 f"the SYN announces {announced_mss(server)}; "
                 + server.text("connections_refused", "connections_opened", "rsts_out"))
    set_mtu(128)
    try:
        check_mss(report, documents, 88, 100, "--mss-reserved", "12")
    finally:
        set_mtu(1500)
