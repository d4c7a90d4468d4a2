# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder know of an installation: which files there have to be, which there are, and with what modes."""

import stat
import subprocess
from pathlib import Path

LIST = Path(__file__).resolve().parent / "installed.txt"
USUAL_MODES = {0o644, 0o755}


def expected(parts, **names):
    """The files of these parts of the project: tag -> names. Directories are absolute (libdir="/usr/lib"); a library has its numbers."""
    files = {}
    for line in LIST.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            part, tag, name = line.split(" ", 2)
            if part in parts:
                files.setdefault(tag, set()).add(name.format(**names))
    return files


def install(meson, build, root, *options):
    """`meson install` of a finished build below a folder."""
    command = [*meson, "install", "-C", build, "--no-rebuild", "--destdir", root, *options]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return found(root)


def found(root):
    """Every file below the folder, by its name on the system; a link with what it points to."""
    root = Path(root)
    names = set()
    for path in root.rglob("*"):
        name = f"/{path.relative_to(root)}"
        if path.is_symlink():
            names.add(f"{name} -> {path.readlink()}")
        elif path.is_file():
            names.add(name)
    return names


def fold(names, folders):
    """The names, but where one is in a folder of these, which end with "/", the folder's."""
    folders = tuple(folder for folder in folders if folder.endswith("/"))
    return {next((folder for folder in folders if name.startswith(folder)), name) for name in names}


def unusual_modes(root):
    """Files that others may write to, that run as somebody else, or that not everybody can read."""
    for path in sorted(Path(root).rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_file() and not path.is_symlink() and mode not in USUAL_MODES:
            yield f"{path.relative_to(root)} has mode {mode:o}"


def differences(wanted, have, where):
    """Between files that there have to be, and files that there are. A wanted folder has some file in it, whatever it is."""
    have = fold(have, wanted)
    yield from (f"{where}: {name} is missing" for name in sorted(wanted - have))
    yield from (f"{where}: {name} is not expected" for name in sorted(have - wanted))
