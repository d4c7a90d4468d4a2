#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libdumbo against the Linux kernel's TCP: dumbo-serve at one end of a TAP device, plain sockets at the other.

Usage: kernel_tcp.py PATH-OF-DUMBO-SERVE [NAME-OF-A-CHECK]...

Needs root and /dev/net/tun; works in a network namespace of its own. Prints one line a check and exits with 1 when one
fails, with 77 where the machine cannot run them.
"""

import os
import subprocess
import sys

import faults
import handmade_guests
import opening_and_closing
import patient_guests
import rude_neighbours
import segment_sizes
import snapshots
import transfers
from testbed import Documents, HUGE, KernelDelta, Report, SIZES, Server, enter_or_skip, lay_cable

CHECKS = (
    segment_sizes.check_mss_1460,
    segment_sizes.check_mss_536,
    segment_sizes.check_mss_100,
    segment_sizes.check_mss_88,
    opening_and_closing.check_sequence,
    opening_and_closing.check_crowd,
    opening_and_closing.check_full_table,
    opening_and_closing.check_peer_closes_first,
    opening_and_closing.check_abort,
    opening_and_closing.check_closed_port,
    opening_and_closing.check_endings,
    transfers.check_http,
    transfers.check_curl,
    transfers.check_huge,
    transfers.check_slow_reader,
    transfers.check_beyond_2_32,
    transfers.check_capture,
    rude_neighbours.check_vanished_peers,
    rude_neighbours.check_garbage,
    rude_neighbours.check_blind_reset,
    rude_neighbours.check_blind_attack,
    handmade_guests.check_repeated_fin,
    handmade_guests.check_crossing_handshake,
    snapshots.check_snapshots,
    snapshots.check_snapshots_of_every_kind,
    snapshots.check_wrong_states,
    faults.check_faults,
)

# These do little but wait. Where all checks are run, they run beside the others, in a network of their own.
PATIENT_CHECKS = (
    patient_guests.check_keep_alive,
    patient_guests.check_stopped_reader,
)


def name_of(check):
    return check.__name__.removeprefix("check_")


def choose(names):
    by_name = {name_of(check): check for check in CHECKS + PATIENT_CHECKS}
    if unknown := set(names) - set(by_name):
        sys.exit(f"kernel_tcp.py: unknown checks {sorted(unknown)}; there are {sorted(by_name)}")
    return [by_name[name] for name in names] or CHECKS


def start_patient_checks():
    names = map(name_of, PATIENT_CHECKS)
    return subprocess.Popen([sys.executable, "-B", __file__, Server.program, *names], stdout=subprocess.PIPE, text=True)


def end_patient_checks(report, process):
    output, _ = process.communicate()
    print(output, end="", flush=True)
    report.check("the patient checks", process.returncode == 0, f"exit status {process.returncode}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    Server.program = os.path.abspath(sys.argv[1])
    chosen = choose(sys.argv[2:])
    enter_or_skip()
    patient = start_patient_checks() if chosen is CHECKS else None
    lay_cable()
    documents = Documents()
    for size in SIZES:
        documents.add(str(size), size)
    documents.add("huge", HUGE)
    report = Report()
    whole = KernelDelta()
    for check in chosen:
        try:
            check(report, documents)
        except Exception as error:  # whatever goes wrong in a check is a failure of that check alone
            report.check(check.__name__, False, f"{error!r}")
    if patient is not None:
        end_patient_checks(report, patient)
    report.check("the kernel never saw a wrong checksum", whole("InCsumErrors") == 0, whole.text("InCsumErrors"))
    report.end()


if __name__ == "__main__":
    main()
