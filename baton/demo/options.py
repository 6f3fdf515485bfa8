"""What `baton demo` can be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The choices of one demo.

    Attributes:
        leads: CSV of leads to use instead of the sample; `touches.csv` and `companies.csv` in
            the same folder are taken with it.
        funnel: Folder with the two files of a real funnel; excludes `leads`.
        limit: Take at most this many leads.
        stay: Keep everything up at the end until Ctrl-C.
        as_json: Print one summary object on stdout and nothing else there.
        home: Folder for everything the demo writes; without it, a new temporary one.
    """

    leads: Path | None = None
    funnel: Path | None = None
    limit: int | None = None
    stay: bool = False
    as_json: bool = False
    home: Path | None = None
