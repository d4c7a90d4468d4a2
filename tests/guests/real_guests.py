#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guests as they are met in the field against dumbo-mmds: Linux and iPXE in QEMU, and cloud-init's data sources.

Usage: real_guests.py PATH-OF-DUMBO-MMDS DIRECTORY [NAME-OF-A-CHECK]...

Needs root, /dev/net/tun and what .ci/packages installs as "guests". A kernel, iPXE and cloud-init are downloaded as
Debian packages and unpacked into the directory, unless they are there from an earlier run. Works in a network namespace
of its own. Prints one line a check, and the console of a guest that failed; exits with 1 when a check fails, with 77
where the machine cannot run them.
"""

import functools
import os
import platform
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "interop"))

import cloud_init  # noqa: E402
import ipxe_guests  # noqa: E402
import linux_guests  # noqa: E402
from initramfs import PROGRAMS  # noqa: E402
from machines import QEMU  # noqa: E402
from packages import CLOUD_INIT, IPXE, KERNEL, Missing, unpacked  # noqa: E402
from service import Service  # noqa: E402
from testbed import Documents, Report, enter_or_skip, run, skip_all  # noqa: E402

CHECKS = (
    linux_guests.check_streams,
    linux_guests.check_datagrams,
    linux_guests.check_loss,
    linux_guests.check_bridge,
    linux_guests.check_offload,
    ipxe_guests.check_ipxe,
    cloud_init.check_cloud_init_ec2,
    cloud_init.check_cloud_init_nocloud,
)


class Ground:
    """What the checks share. The guests' image is made for the first that boots one."""

    def __init__(self, cache):
        self.cache = cache
        self.documents = Documents()

    def scratch(self, name):
        return self.documents.scratch(name)

    @functools.cached_property
    def linux(self):
        return linux_guests.LinuxGuests(self.cache, self.scratch)


def name_of(check):
    return check.__name__.removeprefix("check_")


def choose(names):
    by_name = {name_of(check): check for check in CHECKS}
    if unknown := set(names) - set(by_name):
        sys.exit(f"real_guests.py: unknown checks {sorted(unknown)}; there are {sorted(by_name)}")
    return [by_name[name] for name in names] or CHECKS


def first_missing(cache):
    """What this machine lacks, or None. It has the packages then."""
    if platform.machine() != "x86_64":
        return "an x86-64 processor (which Debian's packages for the guests are for)"
    for program in (QEMU, *PROGRAMS):
        if shutil.which(program) is None:
            return f"the command {program} (.ci/packages guests)"
    if not cloud_init.has_libraries():
        return "Python packages that cloud-init needs (.ci/packages guests)"
    try:
        for package in (KERNEL, IPXE, CLOUD_INIT):
            unpacked(package, cache)
    except Missing as error:
        return str(error)
    return None


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Service.program, cache = map(os.path.abspath, sys.argv[1:3])
    chosen = choose(sys.argv[3:])
    if missing := first_missing(cache):
        skip_all(missing)
    enter_or_skip()
    run("ip", "link", "set", "lo", "up")
    ground, report = Ground(cache), Report()
    for check in chosen:
        try:
            check(report, ground)
        except Exception as error:  # whatever goes wrong in a check is a failure of that check alone
            report.check(name_of(check), False, f"{error!r}")
    report.end()


if __name__ == "__main__":
    main()
