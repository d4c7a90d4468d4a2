# SPDX-License-Identifier: Apache-2.0
"""The ground that the interop tests stand on: a network namespace of their own with a TAP device in it, a program of
ours that runs at the other end, the kernel's counters, and a report of one line a check."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time


class Cable:
    """A TAP device, the kernel's address on it and the server's. Nearly every check gets along with the first."""

    def __init__(self, number):
        self.tap = f"dumbo{number}"
        self.guest = f"169.{254 - number}.169.1"
        self.server = f"169.{254 - number}.169.254"


FIRST = Cable(0)
TAP, GUEST, SERVER = FIRST.tap, FIRST.guest, FIRST.server
PORT = 80
SERVER_MAC = b"\x02dumbo"

# The documents that are served: sizes around those of a segment and of a window, each under its size as a name, and one
# of HUGE bytes called "huge".
SIZES = (0, 1, 1459, 1460, 1461, 5000, 65535, 65536, 100000)
HUGE = 100_000_000

SKIPPED = 77
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000


# ------------------------------------------------------------------------------------------------------- probing ----

def in_ci():
    return os.environ.get("CI") == "true"


def _probe_tun():
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"probe0", IFF_TAP | IFF_NO_PI))
    finally:
        os.close(descriptor)


def _unshare_network():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")


def _first_missing():
    """Enters a network namespace of its own. Returns what this machine lacks for that, or None."""
    if os.geteuid() != 0:
        return "root (a network namespace and a TAP device need it)"
    if shutil.which("ip") is None:
        return "the command ip (package iproute2)"
    if not os.path.exists("/dev/net/tun"):
        return "/dev/net/tun (TAP devices)"
    try:
        _unshare_network()
    except OSError as error:
        return f"a network namespace: {error}"
    try:
        _probe_tun()
    except OSError as error:
        return f"a TAP device: {error}"
    return None


def enter_or_skip():
    """From here on this process has a network of its own, or it ends."""
    missing = _first_missing()
    if missing is not None:
        skip_all(missing)


def skip_all(missing):
    """Ends loudly where something is missing: a skip, but a failure in CI, where root can always have it."""
    must_run = in_ci() and os.geteuid() == 0
    print(f"{'FAIL' if must_run else 'SKIPPED'}: this machine lacks {missing}", flush=True)
    sys.exit(1 if must_run else SKIPPED)


# ------------------------------------------------------------------------------------------------------- network ----

def run(*command):
    subprocess.run(command, check=True)


def write_sysctl(name, value):
    with open(os.path.join("/proc/sys", name), "w", encoding="ascii") as file:
        file.write(str(value))


def has_sysctl(name):
    return os.path.exists(os.path.join("/proc/sys", name))


def read_sysctl(name):
    with open(os.path.join("/proc/sys", name), encoding="ascii") as file:
        return file.read().strip()


def lay_cable(cable=FIRST):
    """A TAP device with an address for the kernel, and without IPv6, whose chatter is nobody's business here."""
    for scope in ("all", "default"):
        path = f"net/ipv6/conf/{scope}/disable_ipv6"
        if has_sysctl(path):
            write_sysctl(path, 1)
    run("ip", "link", "set", "lo", "up")
    run("ip", "tuntap", "add", "mode", "tap", "name", cable.tap)
    run("ip", "address", "add", f"{cable.guest}/16", "dev", cable.tap)
    run("ip", "link", "set", cable.tap, "up")


@contextlib.contextmanager
def extra_cable(number):
    """One more for a while, not the first."""
    cable = Cable(number)
    lay_cable(cable)
    try:
        yield cable
    finally:
        run("ip", "link", "delete", cable.tap)


def set_mtu(mtu):
    run("ip", "link", "set", TAP, "mtu", str(mtu))


def kernel_counters():
    """The namespace's TCP counters, by the names of /proc/net/snmp and /proc/net/netstat."""
    counters = {}
    for path in ("/proc/self/net/snmp", "/proc/self/net/netstat"):
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            if names.split(":")[0] in ("Tcp", "TcpExt"):
                counters.update(zip(names.split()[1:], map(int, values.split()[1:])))
    return counters


class KernelDelta:
    """How far the kernel's counters have moved since it was made."""

    def __init__(self):
        self.before = kernel_counters()

    def __call__(self, name):
        return kernel_counters()[name] - self.before[name]

    def text(self, *names):
        return ", ".join(f"{name} {self(name)}" for name in names)


# ------------------------------------------------------------------------------------------------------ documents ----

class Scratch:
    """Room for files, which goes away with this object."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="dumbo-interop-")

    def scratch(self, name):
        return os.path.join(self.directory.name, name)


class Documents(Scratch):
    """Files of random bytes to serve."""

    def __init__(self):
        super().__init__()
        self.root = self.scratch("root")
        self.bodies = {}
        os.mkdir(self.root)

    def path(self, name):
        return os.path.join(self.root, name)

    def add(self, name, size):
        body = os.urandom(size)
        with open(self.path(name), "wb") as file:
            file.write(body)
        self.bodies[name] = body


# ------------------------------------------------------------------------------------------------------- programs ----

def read_counters(lines):
    """What stands in lines of a name and a number."""
    words = (line.split() for line in lines)
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}


class Program:
    """One that serves at the other end of a cable while it runs, and its counters and other lines afterwards."""

    environment = None

    def __init__(self, command, cable):
        self.output = tempfile.TemporaryFile(mode="w+", encoding="utf-8")
        self.cable = cable
        self.command = command
        self.process = None
        self.lines = []
        self.counters = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.output, stderr=subprocess.STDOUT,
                                        env=self.environment)
        self._wait_until_it_serves()
        return self

    def _wait_until_it_serves(self):
        """The device has carrier as long as the program holds it."""
        give_up = time.monotonic() + 10
        while self.is_alive() and time.monotonic() < give_up:
            if "LOWER_UP" in subprocess.run(["ip", "link", "show", self.cable.tap], check=True, capture_output=True,
                                            text=True).stdout:
                return
        self.process.kill()
        self.output.seek(0)
        raise RuntimeError(f"{os.path.basename(self.command[0])} does not start: {self.output.read()}")

    def is_alive(self):
        return self.process.poll() is None

    def stop(self, signal_number=signal.SIGINT):
        """Ends the program and reads its report. Returns its exit status."""
        self.process.send_signal(signal_number)
        return self.wait()

    def wait(self):
        """The same for a program that ends by itself, after --exit-after connections."""
        status = self.process.wait(timeout=20)
        self.output.seek(0)
        self.lines = self.output.read().splitlines()
        self.output.close()
        self.counters = read_counters(self.lines)
        return status

    def __exit__(self, *_):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def __getitem__(self, name):
        return self.counters[name]

    def text(self, *names):
        return ", ".join(f"{name} {self[name]}" for name in names)


class Server(Program):
    """dumbo-serve."""

    program = "dumbo-serve"

    def __init__(self, documents, *options, cable=FIRST):
        super().__init__([self.program, "--tap", cable.tap, "--address", cable.server, "--stats", *options,
                          "--root", documents.root], cable)

    def retransmissions(self):
        return (f"our retransmissions: {self['tcp_repeated_on_dup_ack']} on duplicate ACKs, "
                f"{self['tcp_repeated_on_timeout']} on timeouts, {self['tcp_repeated_on_syn']} for a repeated SYN")


# --------------------------------------------------------------------------------------------------------- report ----

class Report:
    def __init__(self):
        self.failures = 0
        self.checks = 0

    def check(self, name, condition, figures=""):
        self.checks += 1
        self.failures += not condition
        print(f"{'ok' if condition else 'FAIL'} {name}: {figures}", flush=True)

    def skip(self, name, reason):
        """In CI nothing may be missing."""
        if in_ci():
            self.check(name, False, reason)
        else:
            print(f"skipped {name}: {reason}", flush=True)

    def end(self):
        print(f"{self.checks} checks, {self.failures} failed", flush=True)
        sys.exit(1 if self.failures else 0)
