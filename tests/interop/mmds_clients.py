#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dumbo-mmds and the programs that a guest has: at one end of a TAP device the service, at the other curl, wrk, nmap,
hping3, plain sockets, and frames by hand.

Usage: mmds_clients.py PATH-OF-DUMBO-MMDS [NAME-OF-A-CHECK]...

Needs root and /dev/net/tun; works in a network namespace of its own. Prints one line a check and exits with 1 when one
fails, with 77 where the machine cannot run them.
"""

import mmds_attacks
import mmds_bounds
import mmds_crowds
import mmds_curl
import mmds_hops
import mmds_pipelining
import mmds_snapshots
from checklist import Checklist
from mmds import Metadata, Mmds

CHECKS = (
    mmds_curl.check_curl_with_token,
    mmds_curl.check_curl_connections,
    mmds_curl.check_curl_refused,
    mmds_curl.check_curl_killed,
    mmds_pipelining.check_pipelining,
    mmds_pipelining.check_pipelining_unread,
    mmds_bounds.check_bounds,
    mmds_crowds.check_sequence,
    mmds_crowds.check_wrk,
    mmds_attacks.check_syn_flood,
    mmds_attacks.check_garbage,
    mmds_attacks.check_hping,
    mmds_hops.check_token_hops,
    mmds_snapshots.check_snapshots,
)

PATIENT_CHECKS = (
    mmds_curl.check_curl_slow,
    mmds_bounds.check_timeouts,
    mmds_crowds.check_full_table,
    mmds_attacks.check_nmap,
)

if __name__ == "__main__":
    Checklist(__file__, Mmds, CHECKS, PATIENT_CHECKS).run(__doc__, Metadata)
