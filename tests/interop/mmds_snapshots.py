# SPDX-License-Identifier: Apache-2.0
"""Downloads from dumbo-mmds that outlive its process."""

import os
import time

from checklist import needs
from mmds import Metadata, Mmds, USER_DATA
from snapshots import SEED, Succession, download_through_changes, outcomes_of
from testbed import KernelDelta

DOWNLOADS = 16
CHANGES = 20  # of the process, at least, each while some download is in its middle
ENOUGH = 25
LENGTH = 1_000_000


@needs("curl")
def check_snapshots(report, _):
    """All downloads at the same time. What each still lacks is part of the state, so the document is a shorter one."""
    metadata = Metadata(user_data_size=LENGTH, large_size=0)
    kernel = KernelDelta()
    begin = time.monotonic()
    with Succession(metadata, kind=Mmds) as succession:
        downloads, seen = download_through_changes(succession, USER_DATA, LENGTH, DOWNLOADS, DOWNLOADS, CHANGES,
                                                   at_most=ENOUGH)
        left = succession.server.connections_after()
        succession.end()
        used_up = not os.path.exists(succession.state)
    seconds = time.monotonic() - begin
    outcomes = outcomes_of(downloads, metadata.body(USER_DATA))
    report.check(f"{DOWNLOADS} downloads by curl at a time, from one process to the next",
                 outcomes == {"hash right": DOWNLOADS} and sum(seen) >= CHANGES and succession.statuses == {0}
                 and used_up and left == kernel("EstabResets") == kernel("OutRsts") == 0,
                 f"{dict(outcomes)}, {len(seen)} changes (seed {SEED}), {sum(seen)} with a download in its middle, in "
                 f"{seconds:.1f} s; exit statuses {sorted(succession.statuses)}, {left} connections left; kernel: "
                 + kernel.text("EstabResets", "OutRsts", "RetransSegs"))
