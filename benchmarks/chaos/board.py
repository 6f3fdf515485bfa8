"""What all processes of the fire see at once: the business clock, whether the engine is down."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

_OFFSET = struct.Struct("<q")
_DOWN_AT = 8
_SIZE = 16
_MICROSECONDS = 1_000_000


class Board:
    """A small file in every process's memory. One process writes, the others look.

    It is also a `baton.domain.clock.Clock`: business time goes on like real time, and jumps.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @classmethod
    def make(cls, path: Path, starts_at: datetime) -> Board:
        """Return a new board whose clock shows `starts_at` (aware UTC)."""
        path.write_bytes(bytes(_SIZE))
        board = cls(path)
        board._set(int((starts_at.timestamp() - time.time()) * _MICROSECONDS))
        return board

    def now(self) -> datetime:
        """Return the business time (aware UTC)."""
        (offset,) = _OFFSET.unpack_from(self._memory, 0)
        return datetime.fromtimestamp(time.time() + offset / _MICROSECONDS, UTC)

    def jump_to(self, at: datetime) -> None:
        """Let it be `at` (aware UTC), unless it is later already."""
        ahead = (at - self.now()).total_seconds()
        if ahead > 0:
            (offset,) = _OFFSET.unpack_from(self._memory, 0)
            self._set(offset + int(ahead * _MICROSECONDS))

    def _set(self, offset: int) -> None:
        _OFFSET.pack_into(self._memory, 0, offset)

    @property
    def engine_is_down(self) -> bool:
        """Whether nobody reaches the engine at this moment."""
        return self._memory[_DOWN_AT] != 0

    @engine_is_down.setter
    def engine_is_down(self, is_down: bool) -> None:
        self._memory[_DOWN_AT] = int(is_down)
