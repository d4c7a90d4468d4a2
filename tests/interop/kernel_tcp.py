#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libdumbo against the Linux kernel's TCP: dumbo-serve at one end of a TAP device, plain sockets at the other.

Usage: kernel_tcp.py PATH-OF-DUMBO-SERVE [NAME-OF-A-CHECK]...

Needs root and /dev/net/tun; works in a network namespace of its own. Prints one line a check and exits with 1 when one
fails, with 77 where the machine cannot run them.
"""

import faults
import handmade_guests
import opening_and_closing
import patient_guests
import rude_neighbours
import segment_sizes
import snapshots
import transfers
from checklist import Checklist
from testbed import Documents, HUGE, SIZES, Server

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

PATIENT_CHECKS = (
    patient_guests.check_keep_alive,
    patient_guests.check_stopped_reader,
)


def make_documents():
    documents = Documents()
    for size in SIZES:
        documents.add(str(size), size)
    documents.add("huge", HUGE)
    return documents


if __name__ == "__main__":
    Checklist(__file__, Server, CHECKS, PATIENT_CHECKS).run(__doc__, make_documents)
