# SPDX-License-Identifier: Apache-2.0
"""Debian packages that are unpacked instead of being installed: a kernel would enter this machine's boot menu, and
cloud-init would set the machine up anew when it boots next."""

import os
import subprocess
import tempfile

KERNEL = "linux-image-cloud-amd64"
IPXE = "ipxe"
CLOUD_INIT = "cloud-init"


class Missing(Exception):
    """What this machine cannot get."""


def _output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _depended_on(metapackage):
    """The package a metapackage stands for, whose name carries a version."""
    for line in _output_of("apt-cache", "depends", "--important", metapackage).splitlines():
        relation, _, name = line.strip().partition(": ")
        if relation == "Depends":
            return name
    raise Missing(f"a package that {metapackage} depends on")


def _download(package, directory):
    if package == KERNEL:
        package = _depended_on(package)
    # As root apt-get fetches as _apt, which may not write here; it says so and goes on as root.
    subprocess.run(["apt-get", "-qq", "download", package], cwd=directory, check=True, capture_output=True, text=True)
    archive, = os.listdir(directory)
    return os.path.join(directory, archive)


def _extract(package, archives, files):
    try:
        archive = _download(package, archives)
    except subprocess.CalledProcessError:
        # Images of machines often come without apt's lists, or with old ones.
        _output_of("apt-get", "-qq", "update")
        archive = _download(package, archives)
    _output_of("dpkg-deb", "--extract", archive, files)


def unpacked(package, cache):
    """The directory with the files of a package. It is downloaded once, and is there as a whole or not at all."""
    destination = os.path.join(cache, package)
    if os.path.isdir(destination):
        return destination
    os.makedirs(cache, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        archives, files = os.path.join(scratch, "archives"), os.path.join(scratch, "files")
        os.mkdir(archives)
        try:
            _extract(package, archives, files)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Missing(f"the package {package}: {error} {getattr(error, 'stderr', '')}") from error
        os.rename(files, destination)
    return destination
