# SPDX-License-Identifier: Apache-2.0
"""The root file system of a Linux guest: busybox, the kernel's modules for its network card, tc and ethtool."""

import glob
import lzma
import os
import re
import shutil
import stat
import subprocess

# In this order, each after what it depends on.
MODULES = ("virtio_pci", "virtio_mmio", "virtio_net", "ifb", "sch_netem", "sch_ingress", "cls_matchall", "act_mirred")
PROGRAMS = ("busybox", "tc", "ethtool")


def kernel_image(kernel_package):
    image, = glob.glob(os.path.join(kernel_package, "boot", "vmlinuz-*"))
    return image


class Archive:
    """A cpio archive of the "newc" kind, as the kernel's Documentation/driver-api/early-userspace describes it."""

    def __init__(self):
        self._content = bytearray()
        self._entries = 0
        self._directories = set()

    def _entry(self, name, mode, body=b""):
        self._entries += 1
        name = name.encode() + b"\0"
        fields = (self._entries, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name), 0)
        for part in (b"070701" + b"".join(b"%08X" % field for field in fields) + name, body):
            self._content += part + bytes(-len(part) % 4)

    def add_directory(self, name):
        """With those above it, once."""
        if name and name not in self._directories:
            self.add_directory(os.path.dirname(name))
            self._directories.add(name)
            self._entry(name, stat.S_IFDIR | 0o755)

    def add(self, name, body, mode=0o755):
        name = name.lstrip("/")
        self.add_directory(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, body)

    def add_file(self, name, path):
        with open(path, "rb") as file:
            self.add(name, file.read())

    def complete(self):
        self._entry("TRAILER!!!", 0)
        return bytes(self._content)


class Modules:
    """The loadable modules of a kernel package. One that it does not have is built into the kernel."""

    def __init__(self, kernel_package):
        self._paths = {}
        for path in glob.glob(os.path.join(kernel_package, "lib/modules/*/kernel/**/*.ko*"), recursive=True):
            self._paths[os.path.basename(path).partition(".")[0].replace("-", "_")] = path

    def _read(self, name):
        path = self._paths[name]
        with lzma.open(path) if path.endswith(".xz") else open(path, "rb") as file:
            return file.read()

    def with_dependencies(self, names):
        """Names and contents, each after what it depends on."""
        found = {}

        def visit(name):
            if name in found or name not in self._paths:
                return
            module = self._read(name)
            for dependency in re.search(rb"\0depends=([^\0]*)\0", module).group(1).decode().split(","):
                visit(dependency)
            found[name] = module

        for name in names:
            visit(name)
        return found


def _libraries(program):
    """The shared libraries of a program, its loader among them, under the names it looks for them."""
    listing = subprocess.run(["ldd", program], check=False, capture_output=True, text=True).stdout
    return set(re.findall(r"(/\S+) \(0x", listing))


def build(kernel_package, init):
    """The archive as bytes. What the guest runs is the script init."""
    archive = Archive()
    archive.add_file("init", init)
    for mount_point in ("proc", "sys"):
        archive.add_directory(mount_point)
    for program in PROGRAMS:
        path = shutil.which(program)
        archive.add_file(f"bin/{program}", path)
        for library in sorted(_libraries(path)):
            archive.add_file(library, library)
    modules = Modules(kernel_package).with_dependencies(MODULES)
    for name, module in modules.items():
        archive.add(f"modules/{name}.ko", module)
    archive.add("modules/order", "".join(f"{name}\n" for name in modules).encode())
    return archive.complete()
