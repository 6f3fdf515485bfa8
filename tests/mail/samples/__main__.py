"""`python -m tests.mail.samples`: the table, and every sample that is not judged right."""

from __future__ import annotations

import sys

from tests.mail.samples import all_samples
from tests.mail.samples.judging import Verdict, judge, table

judged = [judge(sample) for sample in all_samples()]
sys.stdout.write(table(judged) + "\n")
for one in judged:
    if one.verdict is not Verdict.RIGHT:
        sys.stdout.write(f"  {one}\n")
