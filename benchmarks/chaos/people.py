"""The people of the fire: they know what reached them by mail, forget, decline and say it twice.

Whatever they do follows from the seed and from who they are. They remember what they said and when
Baton had it for sure; the judge goes by that.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from baton.domain.meeting import Attendance
from baton.testing.mail import calendar_reply_mail, reply_mail
from benchmarks.chaos.desk import Desk, Heard
from benchmarks.chaos.dice import Dice
from benchmarks.chaos.mail import MailServer
from benchmarks.chaos.records import Log, Mail, Saying, tick

HANDS = 4
SOON = timedelta(minutes=10)
UNSUBSCRIBE = "Please unsubscribe me. I do not want to be contacted again."


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in somebody's own mailbox."""

    reader: str
    content: bytes
    mail: Mail


class People:
    """Everybody outside Baton. `act` is called from one thread; letters come from any.

    Attributes:
        sayings: What they said, as they remember it.
        deeds: How often they did what.
    """

    def __init__(
        self, dice: Dice, now: Callable[[], datetime], desk: Desk, criteria: tuple[str, ...]
    ) -> None:
        self.sayings: Log[Saying] = Log()
        self.deeds: Counter[str] = Counter()
        self.dice, self.now, self.desk, self.criteria = dice, now, desk, criteria
        self._letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._posted: dict[str, Saying] = {}
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._calling = 0
        self._lock = threading.Lock()
        self._post: MailServer | None = None
        self._read: Callable[[People, Letter], None] | None = None
        for number in range(HANDS):
            threading.Thread(target=self._call, name=f"chaos-hand-{number}", daemon=True).start()

    def meet(self, post: MailServer, read: Callable[[People, Letter], None]) -> None:
        """Tell them who takes their mail, and how they react to a letter."""
        self._post, self._read = post, read

    # Their mailboxes and their calendars of things to do

    def deliver(self, reader: str, content: bytes, mail: Mail) -> None:
        """Put a mail into somebody's mailbox."""
        self._letters.put(Letter(reader, content, mail))

    def later(self, after: timedelta, what: str, act: Callable[[], None]) -> None:
        """Do something after so much business time; `what` names it in the counts."""

        def do() -> None:
            self.deeds[what] += 1
            act()

        heapq.heappush(self._due, (self.now() + after, next(self._numbers), do))

    def act(self) -> int:
        """Read what came and do what is due; return how many things were done."""
        done = 0
        assert self._read is not None
        while not self._letters.empty():
            self._read(self, self._letters.get())
            done += 1
        while self._due and self._due[0][0] <= self.now():
            heapq.heappop(self._due)[2]()
            done += 1
        return done

    @property
    def next_act_at(self) -> datetime | None:
        """The business instant of the next thing to do (aware UTC), or None."""
        return self._due[0][0] if self._due else None

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has anything to do at this moment."""
        due = bool(self._due) and self._due[0][0] <= self.now()
        return self._letters.empty() and not due and self._calling == 0

    def stop(self) -> None:
        """Let those who call Baton's API finish."""
        for _ in range(HANDS):
            self._calls.put(None)

    # What they can do

    def answer(self, letter: Letter, words: str, what: str) -> None:
        """Answer a mail by mail."""
        content = reply_mail(
            letter.content, sender=(letter.reader, letter.reader), text=words, at=self.now()
        )
        self._send(content, self._says(letter.reader, what, letter.mail.hand_off))

    def answer_invite(self, letter: Letter, attendance: Attendance) -> None:
        """Accept or decline an invite, as a calendar program does."""
        assert letter.mail.invite is not None
        content = calendar_reply_mail(
            letter.content,
            sender=(letter.reader, letter.reader),
            attendance=attendance,
            at=self.now(),
        )
        saying = self._says(letter.reader, attendance.value, letter.mail.hand_off)
        saying.detail["sequence"] = letter.mail.invite.sequence
        self._send(content, saying)

    def opt_out(self, address: str, ask: Callable[[], Heard]) -> None:
        """Ask by another way than mail not to be contacted any more."""
        self.tell(self._says(address, "opted_out", ""), ask)

    def report(self, hand_off: str, by: str, kind: str, feedback: str) -> None:
        """Say what a meeting came to."""
        verdicts: dict[str, str] = {}
        if kind in ("met", "not_met"):
            verdicts = dict.fromkeys(self.criteria, "met")
        if kind == "not_met":
            verdicts[self.criteria[1]] = "unmet"
        saying = self._says(by, "outcome", hand_off)
        saying.detail.update(kind=kind, feedback=feedback)
        body = {"kind": kind, "verdicts": verdicts, "feedback": feedback, "by": by}
        self.tell(saying, lambda: self.desk.post(f"/hand-offs/{hand_off}/outcome", body))

    def have_retried(self, effects: Sequence[int]) -> None:
        """Have effects that failed tried again."""
        body = {"by": "ops@seller.example", "reason": "it is no spam"}
        for number in effects:
            self.deeds["somebody has an effect tried again"] += 1
            self.tell(None, partial(self.desk.post, f"/effects/{number}/retry", body))

    def tell(self, saying: Saying | None, ask: Callable[[], Heard]) -> None:
        """Call Baton's API, as often as it takes to hear an answer, and remember it."""
        with self._lock:
            self._calling += 1

        def call() -> None:
            heard = ask()
            if saying is not None:
                saying.is_refused = heard is not Heard.YES
                saying.is_unsure = heard is Heard.NO_AT_LAST
                if heard is Heard.YES:
                    self._is_known(saying)

        self._calls.put(call)

    def _call(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            finally:
                with self._lock:
                    self._calling -= 1

    def _says(self, who: str, what: str, hand_off: str) -> Saying:
        saying = Saying(tick(), self.now(), who, what, hand_off)
        self.sayings.add(saying)
        return saying

    def _send(self, content: bytes, saying: Saying) -> None:
        assert self._post is not None
        name = f"{saying.who} {saying.what} {len(self._posted)}"
        self._posted[name] = saying
        self._post.post(content, name)

    def were_taken(self, names: list[str]) -> None:
        """Learn which of their mails Baton has taken from its mailbox."""
        for name in names:
            saying = self._posted.get(name)
            if saying is not None and saying.known_tick is None:
                self._is_known(saying)

    def _is_known(self, saying: Saying) -> None:
        saying.known_tick, saying.known_at = tick(), self.now()
