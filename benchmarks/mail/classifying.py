"""How fast a full inbox is read and classified; adapters only, no database."""

from __future__ import annotations

import mailbox
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.reading import read_mail
from baton.errors import PermanentError
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from tests.mail.messages import OWN
from tests.mail.samples import all_samples

MAILS = 10_000
FEWEST = 100


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield how many mails a second are read out of a Maildir and classified."""
    count = max(FEWEST, int(MAILS * min(1.0, plan.leads / FULL_SIZE)))
    with tempfile.TemporaryDirectory(prefix="baton-bench-mail-") as folder:
        here = Path(folder) / "Maildir"
        with plan.doing(f"{count:,} mails are delivered to a Maildir"):
            _deliver(here, count)
        with plan.doing(f"{count:,} mails are read and classified"):
            start = time.perf_counter()
            classes = [
                read_mail(received.content, own_address=OWN).message_class
                for received in MaildirMailbox(here).fetch()
            ]
            seconds = time.perf_counter() - start
    if len(classes) != count:
        raise PermanentError(f"{count:,} mails were delivered and {len(classes):,} were read")
    yield Figure("mail.classify_per_s", count / seconds, "1/s", ">= 100")
    yield Figure("mail.classified", count, "mails")


def _deliver(folder: Path, count: int) -> None:
    """Put the samples in again and again, each time with another Message-ID."""
    MaildirMailbox.make(folder)
    box = mailbox.Maildir(folder, create=False)
    contents = [sample.content for sample in all_samples()]
    for number in range(count):
        content = contents[number % len(contents)]
        box.add(content.replace(b"Message-ID: <", b"Message-ID: <%d." % number, 1))
