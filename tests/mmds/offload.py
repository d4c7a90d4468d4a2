#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dumbo-mmds --offload at a TAP device: the Linux kernel completes checksums and cuts segments, in both directions.

Usage: offload.py PATH-OF-DUMBO-MMDS

Needs root for a network namespace. Exits with 1 when a check fails, with 77 where it cannot run.
"""

import re
import sys

from mmds_bed import DOCUMENT, Program, Response, wait_until

# From tests/interop, which mmds_bed has put on the path.
from http_client import connect, read_all
from testbed import TAP, KernelDelta, Report, enter_or_skip, lay_cable, run

BIG = DOCUMENT["latest"]["big"].encode()
REQUEST = b"GET /latest/big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PAYLOAD = re.compile(r" (-->|<--) .*\((\d+)\) ack")


def fetch(*options):
    """Returns what arrived, the longest segment of each direction, and the program when it has ended."""
    with Program("--ladder", "--tap", TAP, *options) as program:
        program.start()
        with connect() as client:
            client.sendall(REQUEST)
            body = Response(read_all(client)).body
        wait_until(lambda: program.live_counters()["connections"] == 0)
        program.stop()
        longest = {"-->": 0, "<--": 0}
        for arrow, length in PAYLOAD.findall(program.output):
            longest[arrow] = max(longest[arrow], int(length))
        return body, longest, program


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    enter_or_skip()
    Program.path = sys.argv[1]
    report = Report()
    lay_cable()
    for offload in (True, False):
        kernel = KernelDelta()
        body, longest, program = fetch(*["--offload"] * offload)
        unreadable = program.output.count("unreadable")
        report.check(f"a response {'with' if offload else 'without'} --offload",
                     body == BIG and (longest["<--"] > 1460) == offload and unreadable == 0
                     and kernel("InErrs") == kernel("InCsumErrors") == 0
                     and program.counters["checksum_errors"] == 0,
                     f"{len(body)} bytes, the longest segment has {longest['<--']}, "
                     f"{program.counters['frames_out']} frames, {kernel.text('InErrs', 'InCsumErrors')}")
    run("ip", "link", "delete", TAP)
    report.end()


if __name__ == "__main__":
    main()
