#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures that dumbo-serve writes, as Wireshark's tools read them: complete, well-formed, checksums right.

Usage: pcap_check.py PATH-OF-DUMBO-SERVE

Needs capinfos and tshark, but no root: the traffic is that of the built-in client. Exits with 1 when a check fails,
with 77 where a tool is missing.
"""

import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile

from testbed import Report, SKIPPED, in_ci

TOOLS = ("capinfos", "tshark")
FIELDS = ("frame.number", "frame.time_epoch", "ip.checksum.status", "tcp.checksum.status", "tcp.len",
          "tcp.srcport", "tcp.dstport", "tcp.analysis.flags", "frame.comment", "_ws.malformed")
GOOD = "1"


def missing_tool():
    return next((tool for tool in TOOLS if shutil.which(tool) is None), None)


def _ask(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _complaints(result):
    """What a tool said on stderr, less its remark about being root."""
    return [line for line in result.stderr.splitlines() if "Running as user" not in line]


def _dissect(path):
    command = ["tshark", "-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
               "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
    for field in FIELDS:
        command += ["-e", field]
    result = _ask(*command)
    rows = [dict(zip(FIELDS, line.split("\t"))) for line in result.stdout.splitlines()]
    return rows, result.returncode == 0 and not _complaints(result)


def _analysis(path):
    """What tshark finds remarkable about the course of the connections."""
    result = _ask("tshark", "-n", "-r", path, "-Y", "tcp.analysis.flags", "-T", "fields", "-e", "_ws.col.Info")
    remarks = (line[line.find("["):line.find("]") + 1] for line in result.stdout.splitlines())
    return dict(collections.Counter(remarks))


def check_file(report, name, path, frames, snaplen=None, comment=None):
    """Whether the tools find all frames, none of them malformed; with a whole capture whether the checksums are right;
    and whether a certain comment stands beside some frame."""
    infos = _ask("capinfos", "-T", "-r", "-M", "-c", path)
    count = infos.stdout.strip().rpartition("\t")[2]
    report.check(f"capinfos reads {name}", infos.returncode == 0 and not _complaints(infos) and count == str(frames),
                 f"{count} of {frames} frames, complaints: {_complaints(infos)}")
    rows, undisturbed = _dissect(path)
    segments = [row for row in rows if row["tcp.len"] != ""]
    times = [float(row["frame.time_epoch"]) for row in rows]
    malformed = sum(row["_ws.malformed"] != "" for row in rows)
    report.check(f"tshark reads {name}", undisturbed and len(rows) == frames and len(segments) > 0
                 and times == sorted(times) and malformed == 0,
                 f"{len(rows)} frames, {len(segments)} TCP segments, {malformed} malformed, times in order")
    if snaplen is None:
        bad_ip = sum(row["ip.checksum.status"] != GOOD for row in segments)
        bad_tcp = sum(row["tcp.checksum.status"] != GOOD for row in segments)
        report.check(f"tshark verifies the checksums of {name}", bad_ip == bad_tcp == 0,
                     f"not good: {bad_ip} of IPv4, {bad_tcp} of TCP")
    if comment is not None:
        found = sum(comment in row["frame.comment"] for row in rows)
        report.check(f"{name} carries the library's verdicts", found > 0, f"{found} frames with {comment}")
    print(f"   tcp.analysis.flags of {name}: {_analysis(path)}", flush=True)


def check_verdicts(report, name, path):
    """Whether every segment of the server's says why it was sent, and every one of the guest's with payload what was
    delivered of it."""
    rows, _ = _dissect(path)
    ours = [row for row in rows if row["tcp.srcport"] == "80"]
    theirs = [row for row in rows if row["tcp.dstport"] == "80" and row["tcp.len"] != "0"]
    explained = sum(row["frame.comment"].startswith("because ") for row in ours)
    delivered = sum(row["frame.comment"] == f"delivered {row['tcp.len']}" for row in theirs)
    causes = collections.Counter(row["frame.comment"].removeprefix("because ") for row in ours)
    report.check(f"{name} says why each segment was sent, and what was delivered",
                 explained == len(ours) > 0 and delivered == len(theirs) > 0 and causes["SYN"] == 1,
                 f"causes {dict(causes)}; {delivered} of {len(theirs)} payloads delivered")


def _frames_of(output):
    counters = dict(line.split() for line in output.splitlines() if len(line.split()) == 2)
    return int(counters["frames_in"]) + int(counters["frames_out"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if missing := missing_tool():
        print(f"{'FAIL' if in_ci() else 'SKIPPED'}: {missing} is not installed", flush=True)
        sys.exit(1 if in_ci() else SKIPPED)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="dumbo-pcap-") as directory:
        document = os.path.join(directory, "document")
        with open(document, "wb") as file:
            file.write(random.Random(9293).randbytes(300000))
        for name, options, snaplen in (("a whole capture", [], None), ("a capture cut to 96 bytes a frame",
                                                                       ["--snaplen", "96"], 96)):
            path = os.path.join(directory, "capture.pcapng")
            served = _ask(sys.argv[1], "--scripted", "--stats", "--pcap", path, *options, document)
            report.check(f"the scripted client, {name}", served.returncode == 0, served.stdout.splitlines()[0])
            check_file(report, name, path, _frames_of(served.stdout), snaplen)
            check_verdicts(report, name, path)
    report.end()


if __name__ == "__main__":
    main()
