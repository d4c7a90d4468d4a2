# SPDX-License-Identifier: Apache-2.0
"""iPXE, whose TCP is its own, fetches a script from the metadata service and runs it."""

import os

import machines
from network import stream
from packages import IPXE, unpacked
from service import URL, Service

# What comes first is padding: the last lines are run when everything has arrived. This iPXE cannot turn a machine off,
# but QEMU ends where one would boot again, together with what is still in the serial port.
MARKER = "metadata-arrived"
SCRIPT = "#!ipxe\n" + "# padding\n" * 20_000 + f"echo {MARKER}\necho The end, which may be cut off.\nreboot\n"
CARDS = ("virtio-net-pci", "e1000", "rtl8139")
BOOTSTRAP = f"""#!ipxe
set net0/ip 169.254.1.2
set net0/netmask 255.255.0.0
ifopen net0
chain {URL}/latest/user-data || echo failed
reboot
"""


def check_ipxe(report, ground):
    ipxe = os.path.join(unpacked(IPXE, ground.cache), "boot", "ipxe.lkrn")
    bootstrap = ground.scratch("bootstrap.ipxe")
    with open(bootstrap, "w", encoding="ascii") as file:
        file.write(BOOTSTRAP)
    with Service({"latest": {"user-data": SCRIPT}}, [("--qemu-stream", "stream")]) as service:
        for card in CARDS:
            with machines.Machine("-M", "pc,graphics=off", "-kernel", ipxe, "-initrd", bootstrap,
                                  "-netdev", stream(service), "-device", f"{card},netdev=n,romfile=") as machine:
                ended = machine.wait()
                arrived = MARKER in machine.console
                report.check(f"iPXE with {card}", ended and arrived,
                             f"a script of {len(SCRIPT)} bytes {'ran' if arrived else 'did not run'}, "
                             f"on and off in {machine.seconds:.1f} s")
                if not (ended and arrived):
                    machine.show_console()
        service.end(report, "iPXE", requests=len(CARDS))
