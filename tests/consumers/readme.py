# SPDX-License-Identifier: Apache-2.0
"""The programs in the README, and what they say when they run."""

import re
import sys

SAID = ("bytes for the guest's receive queue", "DUMBO_OK: 24 bytes to send, SYN-RECEIVED")


def examples(readme):
    """Each program, with words that its output must contain."""
    blocks = re.findall(r"^```c\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if len(blocks) != len(SAID):
        sys.exit(f"{readme} has {len(blocks)} blocks that begin with ```c, and not {len(SAID)}")
    return list(zip(blocks, SAID))
