"""What a worker has loaded is not looked through for garbage; what it makes is."""

from __future__ import annotations

import gc

from baton.engine.garbage import loaded_objects_kept


class Knot:
    """Something that only the search for garbage can find."""

    def __init__(self) -> None:
        self.itself = self


def _knots() -> int:
    return sum(isinstance(one, Knot) for one in gc.get_objects())


def test_what_was_there_is_left_alone_and_what_is_made_is_not() -> None:
    loaded = Knot()
    with loaded_objects_kept():
        assert gc.get_freeze_count() > 0
        assert _knots() == 0
        Knot()
        assert _knots() == 1
        gc.collect()
        assert _knots() == 0
    assert gc.get_freeze_count() == 0
    assert _knots() == 1
    assert loaded.itself is loaded
