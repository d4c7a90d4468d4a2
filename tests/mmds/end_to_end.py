#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The real dumbo-mmds, with guests by hand at the sockets that QEMU would use.

Usage: end_to_end.py PATH-OF-DUMBO-MMDS

Needs no root. Exits with 1 when a check fails.
"""

import os
import pty
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time

import mmds_bed
from mmds_bed import Connection, DgramCable, Program, Response, StreamCable, plugged_in, resolve, wait_until

# From tests/interop, which mmds_bed has put on the path.
import raw_frames
from pcap_check import check_file
from testbed import Report

TTL = "X-aws-ec2-metadata-token-ttl-seconds: 60"


# ---------------------------------------------------------------------------------------------------------- guests ----

def check_one_guest(report):
    with Program("--imds", "v2", "--ladder", "--qemu-dgram") as program:
        program.options.append(program.file("dgram"))
        capture = program.file("capture.pcapng")
        program.start("--pcap", capture)
        with plugged_in(DgramCable(program, "guest")) as cable:
            mac = resolve(cable)
            connection = Connection(cable, 5000)
            without = connection.ask("/latest/user-data").status
            token = connection.ask("/latest/api/token", TTL, method="PUT")
            field = f"X-aws-ec2-metadata-token: {token.body.decode()}"
            hops = set(cable.hops), cable.hops[-1]
            listing = connection.ask("/latest/meta-data/", field)
            alias = connection.ask("/2021-03-23/user-data", field)
            big = connection.ask("/latest/big", field, "Connection: close")
            closed = connection.close()
        status = program.stop()
        report.check("a guest resolves, gets a token, lists, reads, and closes",
                     mac == raw_frames.SERVER_MAC and without == 401 and token.status == 200
                     and listing.body.split(b"\n") == [b"instance-id", b"number"] and alias.body == b"#!/bin/sh\n"
                     and big.body == b"x" * 200_000 and closed and status == 0,
                     f"401 without a token, {len(token.body)} bytes of token, {len(big.body)} bytes of response")
        counters = program.counters
        report.check("what follows a request for a token has a TTL of 1", hops == ({64, 1}, 1)
                     and set(cable.hops[-100:]) == {1}, f"{cable.hops.count(64)} packets before, {cable.hops.count(1)} after")
        report.check("--stats counts that", counters["requests"] == 5 and counters["answers_2xx"] == 4
                     and counters["tokens_issued"] == 1 and counters["tokens_refused"] == 1
                     and counters["connections_closed"] == 1 and counters["connections"] == 0
                     and counters["arp_requests"] == 1 and counters["tcp_finished"] == 1,
                     f"{counters['frames_in']} frames in, {counters['frames_out']} out")
        lines = program.output.splitlines()
        arrows = sum(bool(re.search(r" (-->|<--) ", line)) for line in lines)
        exchanges = [line for line in lines if " === " in line]
        report.check("--ladder has a line for every frame and every request",
                     arrows == counters["frames_in"] + counters["frames_out"] and len(exchanges) == 5
                     and " === PUT /latest/api/token 200 " in exchanges[1], f"{arrows} frames, {len(exchanges)} requests")
        check_capture(report, capture, counters["frames_in"] + counters["frames_out"])


def check_capture(report, capture, frames):
    missing = next((tool for tool in ("capinfos", "tshark") if shutil.which(tool) is None), None)
    if missing is not None:
        report.skip("--pcap", f"{missing} is not installed")
        return
    check_file(report, "the capture of dumbo-mmds", capture, frames)


def check_several_guests(report):
    with Program("--imds", "v2") as program:
        program.start(*program.dgram(), "--qemu-stream", program.file("stream"))
        cables = [DgramCable(program, f"guest{i}") for i in range(3)] + [StreamCable(program) for _ in range(3)]
        with plugged_in(*cables):
            # The same address and port each: they are different networks.
            connections = [Connection(cable, 5000) for cable in cables]
            tokens = [connection.ask("/latest/api/token", TTL, method="PUT").body.decode() for connection in connections]
            matrix = [[connection.ask("/", f"X-metadata-token: {token}").status for token in tokens]
                      for connection in connections]
            bodies = [connection.ask("/latest/big", f"X-metadata-token: {token}").body
                      for connection, token in zip(connections, tokens)]
        right = [[200 if i == j else 401 for j in range(6)] for i in range(6)]
        report.check("six guests at once, each with a token that is worth nothing to the others",
                     matrix == right and all(len(body) == 200_000 for body in bodies),
                     f"{sum(row.count(401) for row in matrix)} foreign tokens refused")
        gone = wait_until(lambda: program.live_counters()["guests_detached"] >= 3)
        report.check("guests on streams are gone when their connection is", gone and program.stop() == 0,
                     f"{program.counters['guests_detached']} detached")


def check_bad_neighbours(report):
    """One guest dawdles, one stops reading its socket, one leaves in mid-response, one breaks the framing."""
    with Program("--request-timeout", "1") as program:
        program.start(*program.dgram(), "--qemu-stream", program.file("stream"))
        slow, stuck, stuck_dgram, leaving, broken, good = cables = (
            DgramCable(program, "slow"), StreamCable(program), DgramCable(program, "stuck"), StreamCable(program),
            StreamCable(program), DgramCable(program, "good"))
        with plugged_in(*cables):
            begun = time.monotonic()
            dawdler = Connection(slow, 5000)
            dawdler.send(b"GET /latest HTTP/1.1\r\nHost")
            for cable in (stuck, stuck_dgram, leaving):
                hoarder = Connection(cable, 5000)
                hoarder.send(b"GET /latest/big HTTP/1.1\r\nHost: x\r\n\r\n")
            leaving.close()
            stuck_dgram_answers = fill_with_pings(stuck_dgram)
            stuck_answers = fill_with_pings(stuck)
            broken.socket.sendall(struct.pack("!I", 1 << 30))
            served = Connection(good, 5000).ask("/latest/user-data").body
            in_time = time.monotonic() - begun < 5
            response = Response(dawdler.read(patience=5))
            waited = time.monotonic() - begun
            cut_off = ends(broken)
            report.check("a guest is served whatever others do", served == b"#!/bin/sh\n" and in_time,
                         f"others: {stuck_answers} and {stuck_dgram_answers} frames unread, a slow request, a guest that left")
            report.check("a slow request is refused in time", response.status == 408 and 0.9 < waited < 4,
                         f"408 after {waited:.1f} s")
            report.check("a frame of 2^30 bytes unplugs the cable", cut_off, "end of the stream")
            stuck_dgram.close()
            gone = wait_until(lambda: program.live_counters()["guests_detached"] >= 3)
            again = Connection(good, 5001).ask("/latest/user-data").status
            report.check("a socket that is gone unplugs its guest", gone and again == 200 and program.stop() == 0,
                         f"{program.counters['guests_detached']} guests detached, {program.counters['frames_lost']} lost")


def fill_with_pings(cable):
    """Asks by ARP again and again and reads none of the answers. Returns how often."""
    request = raw_frames.ethernet(raw_frames.arp(), raw_frames.ETHERTYPE_ARP)
    cable.settimeout(0.5)
    sent = 0
    try:
        for _ in range(2000):
            cable.send(request)
            sent += 1
    except TimeoutError:
        pass
    return sent


def ends(cable):
    cable.settimeout(mmds_bed.PATIENCE)
    try:
        cable.recv(65536)
    except (EOFError, ConnectionResetError):
        return True
    return False


# ---------------------------------------------------------------------------------------------------------- bounds ----

def check_bounds(report):
    with Program("--max-request", "200", "--max-headers", "4", "--connections", "2", "--idle", "3600",
                 "--guests", "2") as program:
        program.start(*program.dgram())
        first, second, third = cables = [DgramCable(program, f"guest{i}") for i in range(3)]
        with plugged_in(*cables):
            connections = [Connection(first, 5000 + i) for i in range(2)]
            fits = connections[0].ask("/", "A: 1", "B: 2", "C: 3").status
            many = connections[0].ask("/", "A: 1", "B: 2", "C: 3", "D: 4").status
            large = connections[1].ask("/" + "x" * 200).status
            report.check("--max-request and --max-headers", (fits, many, large) == (200, 431, 431),
                         f"{fits}, {many} for a header too many, {large} for a byte too many")
            closed = [connection.close() for connection in connections]
            opened = [Connection(first, 6000 + i) for i in range(2)]
            first.settimeout(0.3)
            refused = Connection(first, 6002)
            report.check("--connections", closed == [True, True] and all(one.synack for one in opened)
                         and refused.synack is None,
                         f"closed {closed}, opened {[one.synack is not None for one in opened]}, "
                         f"an answer to a third SYN: {refused.synack}")
            other = Connection(second, 5000)
            third.settimeout(0.3)
            refused = Connection(third, 5000)
            report.check("--guests", other.ask("/").status == 200 and refused.synack is None,
                         f"{program.live_counters()['guests_refused']} frames of a third one refused")
        program.stop()


def check_large_document(report):
    with Program("--max-data", "1000", document={"a": "x" * 980}) as program:
        program.start(*program.dgram())
        grown = program.command("--patch", "-", given='{"b":"' + "x" * 50 + '"}')
        kept = program.command("--get").stdout
        report.check("--max-data", grown.returncode == 1 and "1000" in grown.stderr and '"b"' not in kept,
                     grown.stderr.strip())
        program.stop()


# ------------------------------------------------------------------------------------------------------------ host ----

def check_control(report):
    with Program() as program:
        program.start(*program.dgram())
        mode = stat.S_IMODE(os.stat(program.file("control")).st_mode)
        with plugged_in(DgramCable(program, "guest")) as cable:
            connection = Connection(cable, 5000)
            put = program.command("--put", "-", given='{"latest":{"a":"1","b":{"c":"2"}}}')
            after_put = connection.ask("/latest/").body
            patched = program.command("--patch", "-", given='{"latest":{"a":null,"b":{"d":"3"}}}')
            after_patch = connection.ask("/latest", "Accept: application/json").body
            wrong = [program.command(option, "-", given=text)
                     for option in ("--put", "--patch") for text in ("", "[1]", '{"latest":')]
            missing = program.command("--put", program.file("nothing"))
            after_wrong = connection.ask("/latest", "Accept: application/json").body
        got = program.command("--get")
        report.check("the host puts and patches what guests read", put.returncode == patched.returncode == 0
                     and after_put == b"a\nb/" and after_patch == b'{"b":{"c":"2","d":"3"}}'
                     and got.stdout == '{\n  "latest": {\n    "b": {\n      "c": "2",\n      "d": "3"\n    }\n  }\n}\n',
                     after_patch.decode())
        report.check("a wrong document is refused with a reason and changes nothing",
                     all(result.returncode == 1 and len(result.stderr) > 20 for result in (*wrong, missing))
                     and after_wrong == after_patch, wrong[-1].stderr.strip())
        report.check("the control socket is the user's alone", mode == 0o600, oct(mode))
        second = subprocess.run([program.path, *program.options, "--qemu-dgram", program.file("other")], text=True,
                                capture_output=True, check=False, timeout=mmds_bed.PATIENCE)
        report.check("a second server does not take its place", second.returncode == 1 and program.command("--get")
                     .returncode == 0, second.stderr.strip())
        program.stop()
        report.check("without a server a command fails", program.command("--get").returncode == 1,
                     f"after {program.counters['control_commands']} commands, {program.counters['control_failures']} failed")


def check_signals(report):
    with Program() as program:
        program.start(*program.dgram())
        with plugged_in(DgramCable(program, "guest")) as cable:
            connection = Connection(cable, 5000)
            program.write_document({"latest": {"new": "1"}})
            program.process.send_signal(signal.SIGHUP)
            program.wait_for_notice("RELOADING=1")
            program.wait_for_notice("READY=1")
            reloaded = connection.ask("/latest").body
            program.write_document("{")
            program.process.send_signal(signal.SIGHUP)
            program.wait_for_notice("READY=1")
            kept = connection.ask("/latest").body
            report.check("SIGHUP reads the document again, and keeps it if the file is wrong",
                         reloaded == kept == b"new", reloaded.decode())
            program.process.send_signal(signal.SIGUSR2)
            status = program.stop()
            connection.read()
            program.wait_for_notice("STOPPING=1")
        twice = program.output.count("requests 2\n")
        report.check("SIGUSR2 prints the counters", twice == 2, f"they were printed {twice} times")
        report.check("SIGTERM ends it with 0, guests hear of it, and its sockets go", status == 0
                     and connection.end == "RST" and not os.path.exists(program.file("dgram"))
                     and not os.path.exists(program.file("control"))
                     and "the document stays as it was" in program.complaints, program.complaints.strip())


def check_goodbye(report):
    """More connections than frames go out in one go."""
    with Program("--connections", "150") as program:
        program.start("--qemu-stream", program.file("stream"))
        with plugged_in(StreamCable(program)) as cable:
            ports = range(5000, 5150)
            opened = sum(Connection(cable, port).synack is not None for port in ports)
            status = program.stop()
            resets = set()
            try:
                while frame := cable.recv(65536):
                    segment = raw_frames.Segment(frame)
                    if segment.flags & raw_frames.RST:
                        resets.add(segment.port)
            except EOFError:
                pass
        report.check("SIGTERM resets every connection", opened == 150 and status == 0 and resets == set(ports),
                     f"{len(resets)} of {opened}")


def check_restart(report):
    """Another process takes over in the middle of a response, of a request, and of a token's life."""
    with Program("--imds", "v2") as program:
        program.start(*program.dgram(), "--state", program.state)
        with plugged_in(DgramCable(program, "guest"), DgramCable(program, "other")) as (cable, other):
            reader = Connection(cable, 5000)
            token = reader.ask("/latest/api/token", TTL, method="PUT").body.decode()
            reader.send(f"GET /latest/big HTTP/1.1\r\nHost: x\r\nX-metadata-token: {token}\r\n\r\n".encode())
            asker = Connection(other, 5000)
            asker.send(b"PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-metada")
            wait_until(lambda: program.live_counters()["bytes_out"] > 16000)
            saved = program.stop(signal.SIGUSR1)
            mode = stat.S_IMODE(os.stat(program.state).st_mode)
            program.start(*program.dgram(), "--state", program.state)
            body = Response(reader.read(patience=5)).body
            again = reader.ask("/latest/user-data", f"X-metadata-token: {token}").body
            asker.send(b"ta-token-ttl-seconds: 9\r\n\r\n")
            given = Response(asker.read()).status
            used = not os.path.exists(program.state)
            report.check("SIGUSR1 and --state carry connections and tokens into another process",
                         saved == 0 and mode == 0o600 and body == b"x" * 200_000 and again == b"#!/bin/sh\n"
                         and given == 200 and used, f"{len(body)} bytes of a response that began before")
            status = program.stop()
        with open(program.state, "wb") as file:
            file.write(b"nonsense")
        wrong = subprocess.run([program.path, *program.options, *program.dgram(), "--state", program.state], text=True,
                               capture_output=True, check=False, timeout=mmds_bed.PATIENCE)
        report.check("a state that is none is refused", status == 0 and wrong.returncode == 1
                     and os.path.exists(program.state), wrong.stderr.strip())


def check_end(report):
    with Program("--exit-after", "2") as program:
        program.start(*program.dgram())
        with plugged_in(DgramCable(program, "guest")) as cable:
            closed = [Connection(cable, 5000 + i).close() for i in range(2)]
        report.check("--exit-after ends it by itself", closed == [True, True] and program.wait() == 0,
                     f"{program.counters['connections_closed']} connections")


def check_progress(report):
    terminal, its_end = pty.openpty()
    with Program() as program:
        program.start(*program.dgram(), stderr=its_end)
        os.close(its_end)
        with plugged_in(DgramCable(program, "guest")) as cable:
            Connection(cable, 5000).ask("/")
            status = program.stop()
        shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    report.check("a terminal shows progress", status == 0 and "1 guests, 1 connections, 1 requests" in shown, repr(shown[-80:]))


def check_usage(report):
    wrong = ((), ("--tap",), ("--qemu-dgram", "x", "--imds", "v3"), ("--qemu-dgram", "x", "--address", "127.0.0.1"),
             ("--qemu-dgram", "x", "--mac", "ff:ff:ff:ff:ff:ff"), ("--qemu-dgram", "x", "--port", "0"), ("--get",),
             ("--control", "x", "--get", "--counters"), ("--control", "x", "--get", "--tap", "y"), ("--unknown",))
    statuses = [subprocess.run([Program.path, *options], capture_output=True, check=False).returncode
                for options in wrong]
    fine = [subprocess.run([Program.path, option], capture_output=True, check=False, text=True)
            for option in ("--help", "--version")]
    report.check("a wrong command line ends with 2, --help and --version with 0", statuses == [2] * len(wrong)
                 and all(result.returncode == 0 for result in fine) and "--qemu-dgram" in fine[0].stdout,
                 f"{len(wrong)} wrong ones; {fine[1].stdout.strip()}")
    nowhere = subprocess.run([Program.path, "--qemu-dgram", "/nonexistent/socket"], capture_output=True, check=False,
                             text=True)
    report.check("what cannot be attached ends it with 1", nowhere.returncode == 1, nowhere.stderr.strip())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Program.path = sys.argv[1]
    report = Report()
    for check in (check_one_guest, check_several_guests, check_bad_neighbours, check_bounds, check_large_document,
                  check_control, check_signals, check_goodbye, check_restart, check_end, check_progress, check_usage):
        check(report)
    report.end()


if __name__ == "__main__":
    main()
