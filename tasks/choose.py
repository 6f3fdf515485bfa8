"""Choose: by which agreed technique the lead goes over (D1-D5)."""

from baton.engine.stage import Step, Work, stage
from baton.engine.techniques import choose_technique


@stage
def choose(work: Work) -> Step:
    """Choose the technique by the agreement's rules; a warm transfer reserves its AE."""
    return choose_technique(work)
