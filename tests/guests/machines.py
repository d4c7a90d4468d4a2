# SPDX-License-Identifier: Apache-2.0
"""Virtual machines of QEMU, and what they say on their serial console."""

import re
import subprocess
import tempfile
import time

QEMU = "qemu-system-x86_64"
# Emulated, because many machines that run tests have no KVM. No boot ROM for the card: nobody boots from it.
COMMON = ("-accel", "tcg", "-m", "256", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
          "-serial", "stdio")
CARD = {"pc": "virtio-net-pci,romfile=", "q35": "virtio-net-pci,romfile=", "microvm": "virtio-net-device"}
BOOT_SECONDS = 60


class Machine:
    """One that runs, until it has turned itself off or its time is over."""

    def __init__(self, *options):
        self._output = tempfile.TemporaryFile()
        self._started = time.monotonic()
        self._process = subprocess.Popen([QEMU, *COMMON, *options], stdin=subprocess.DEVNULL, stdout=self._output,
                                         stderr=subprocess.STDOUT)
        self.console = ""
        self.seconds = 0.0

    def wait(self):
        """Returns whether it ended by itself."""
        left = self._started + BOOT_SECONDS - time.monotonic()
        try:
            status = self._process.wait(timeout=max(left, 0))
        except subprocess.TimeoutExpired:
            status = None
            self._kill()
        self.seconds = time.monotonic() - self._started
        self._output.seek(0)
        self.console = self._output.read().decode(errors="replace").replace("\r", "")
        return status == 0

    def _kill(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._kill()
        self._output.close()

    def show_console(self):
        for line in self.console.splitlines():
            print(f"   | {line}", flush=True)


class Linux(Machine):
    """One with a kernel, an initramfs and a network card. Options of the kernel that it does not know become the
    environment of its init."""

    def __init__(self, kernel, initramfs, network, machine="q35", **environment):
        words = ["console=ttyS0", "quiet", "panic=-1", *(f"{name}={value}" for name, value in environment.items())]
        if machine == "microvm":
            words.append("tsc_early_khz=1000000")  # nothing there that the kernel could measure it with
        super().__init__("-M", machine, "-kernel", kernel, "-initrd", initramfs, "-append", " ".join(words),
                         "-netdev", network, "-device", f"{CARD[machine]},netdev=n")

    def has_powered_off(self):
        """A kernel that panics ends the machine as well."""
        return "reboot: Power down" in self.console

    def told(self, name):
        """What init has told under a name."""
        return re.findall(rf"^guest: {name} (.*)$", self.console, re.MULTILINE)

    def number(self, name):
        values = self.told(name)
        return int(values[0]) if values and values[0].isdecimal() else 0

    def tcp(self, name):
        """A counter of the guest's TCP, as /proc/net/snmp calls it."""
        names, numbers = self.told("tcp_names"), self.told("tcp_numbers")
        return int(dict(zip(names[0].split(), numbers[0].split()))[name]) if names and numbers else -1
