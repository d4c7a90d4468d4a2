# SPDX-License-Identifier: Apache-2.0
"""Linux guests ask for their metadata: on several kinds of machines, cards and networks of QEMU."""

import os

import initramfs
import machines
from network import FRAME_MAX, Sniffer, bridge, datagrams, stream, tap
from packages import KERNEL, unpacked
from service import INSTANCE_ID, Service, ec2_document, sha256, text_of

INIT = os.path.join(os.path.dirname(__file__), "init")
USER_DATA = text_of(1_000_000)
LOSS_PER_CENT = 5
# The token; the listing without it and with it; the instance's ID twice; the user-data.
REQUESTS = 6


class LinuxGuests:
    """What every guest boots, and the document that is served to all of them."""

    def __init__(self, cache, scratch):
        kernel_package = unpacked(KERNEL, cache)
        self.kernel = initramfs.kernel_image(kernel_package)
        self.initramfs = scratch("initramfs")
        with open(self.initramfs, "wb") as file:
            file.write(initramfs.build(kernel_package, INIT))
        self.document = ec2_document(USER_DATA)

    def boot(self, network, **variant):
        return machines.Linux(self.kernel, self.initramfs, network, **variant)

    def served_well(self, machine):
        """Whether a guest that has ended got all that it asked for."""
        metadata = self.document["latest"]["meta-data"]
        listing = [name + "/" * isinstance(value, dict) for name, value in metadata.items()]
        return (machine.has_powered_off()
                and machine.number("token_length") > 0
                and "401" in "".join(machine.told("without_token"))
                and sorted(machine.told("listed")) == sorted(listing)
                and machine.told("instance_id") == machine.told("after_long_request") == [INSTANCE_ID]
                and machine.told("user_data") == [sha256(USER_DATA)]
                and machine.tcp("InCsumErrors") == 0)

    def figures(self, machine):
        start, end = (float(time) for time in (machine.told("seconds") or ["0 0"])[0].split())
        return (f"{len(USER_DATA)} bytes in {end - start:.2f} s, the guest repeated {machine.tcp('RetransSegs')} "
                f"segments, on and off in {machine.seconds:.1f} s")

    def check(self, report, name, machine):
        machine.wait()
        passed = self.served_well(machine)
        report.check(f"{name}: token, listing, long request, user-data", passed, self.figures(machine))
        if not passed:
            machine.show_console()


def check_streams(report, ground):
    """Two guests at once that have the same addresses, IP and MAC: each is alone in its network."""
    guests = ground.linux
    with Service(guests.document, [("--qemu-stream", "stream")], "--imds", "v2") as service, \
            guests.boot(stream(service)) as first, guests.boot(stream(service)) as second:
        guests.check(report, "-netdev stream, one of two guests", first)
        guests.check(report, "-netdev stream, the other guest", second)
        service.end(report, "-netdev stream", guests_attached=2, tokens_issued=2, requests=2 * REQUESTS)


def check_datagrams(report, ground):
    """Two guests share a socket here. One is a microvm, whose card has no PCI around it."""
    guests = ground.linux
    with Service(guests.document, [("--qemu-dgram", "datagrams")], "--imds", "v2") as service, \
            guests.boot(datagrams(service, "first"), machine="microvm") as first, \
            guests.boot(datagrams(service, "second")) as second:
        guests.check(report, "-netdev dgram, -M microvm", first)
        guests.check(report, "-netdev dgram, -M q35", second)
        service.end(report, "-netdev dgram", guests_attached=2, tokens_issued=2, requests=2 * REQUESTS)


def check_loss(report, ground):
    guests = ground.linux
    with Service(guests.document, [("--qemu-stream", "stream")], "--imds", "v2") as service, \
            guests.boot(stream(service), loss=LOSS_PER_CENT) as machine:
        guests.check(report, f"{LOSS_PER_CENT} % loss each way", machine)
        sent, received = machine.number("lost_of_sent"), machine.number("lost_of_received")
        report.check(f"{LOSS_PER_CENT} % loss each way: frames were lost", sent > 0 and received > 0,
                     f"{sent} of the guest's, {received} of ours")
        service.end(report, f"{LOSS_PER_CENT} % loss each way", tokens_issued=1, requests=REQUESTS)


def check_bridge(report, ground):
    """The guest's card leaves segments and checksums to the host, whose bridge makes whole frames of them."""
    sent, got = ask_over_bridge(report, ground, "-netdev tap, on a bridge")
    report.check("-netdev tap, on a bridge: whole frames", 0 < sent <= FRAME_MAX and 0 < got <= FRAME_MAX,
                 f"up to {sent} bytes from the service, {got} from the guest")


def check_offload(report, ground):
    """Between the guest and the service nobody makes frames of segments, or checks them."""
    sent, got = ask_over_bridge(report, ground, "-netdev tap, with --offload", "--offload")
    report.check("-netdev tap, with --offload: long segments", sent > 2 * FRAME_MAX and got > 2 * FRAME_MAX,
                 f"up to {sent} bytes from the service, {got} from the guest")


def ask_over_bridge(report, ground, name, *options):
    guests = ground.linux
    with bridge("mmds0", "guest0"), Sniffer("mmds0") as sniffer, \
            Service(guests.document, [("--tap", "mmds0")], "--imds", "v2", *options) as service, \
            guests.boot(tap("guest0")) as machine:
        guests.check(report, name, machine)
        service.end(report, name, tokens_issued=1, requests=REQUESTS)
        return sniffer.largest()
