"""The repository as its tests see it: its files, and what they say."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files() -> list[Path]:
    """Return every file that is tracked or about to be, as paths below `ROOT`."""
    listed = subprocess.run(
        # A container may run this as somebody who does not own the checkout.
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = (Path(name) for name in listed.split("\0") if name)
    return sorted(name for name in names if (ROOT / name).is_file())


def texts() -> dict[Path, str]:
    """Return every file that is text, with its content."""
    found: dict[Path, str] = {}
    for path in files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found[path] = content.decode(errors="replace")
    return found
