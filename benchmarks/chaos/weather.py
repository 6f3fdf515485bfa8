"""What drives the fire on: files come in, the clock jumps, processes die, servers restart."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from baton.store.agenda import next_instant
from benchmarks.chaos.evidence import Violation
from benchmarks.chaos.fire import Fire, logs_of
from benchmarks.chaos.judge import judge, lasting
from benchmarks.chaos.leads import write_wave, write_wishes
from benchmarks.chaos.records import Saying, tick

POLL_SECONDS = 0.04
TELL_SECONDS = 10.0
JUDGE_SECONDS, LOOKS = 2.0, 4
WAVE_HOUR = 8
WISHES_AFTER = timedelta(hours=4)
# Between two outages lie about so many seconds of fire.
KILL_SECONDS = 7.0
ENGINE_SECONDS, ENGINE_DOWN_SECONDS = 40.0, 2.0
POSTGRES_SECONDS = 75.0

# What is not at rest, as the database has it; only the clock goes by this.
_RESTLESS = text("""
    select
        (select count(*) from hand_off h where h.state = 'open' and not exists (
            select from wait w where w.hand_off_id = h.id and w.state = 'open')),
        (select count(*) from effect where state in ('intended', 'in_flight')),
        (select count(*) from wait where state = 'open' and due_at <= :at
            and (on_expiry <> 'escalate' or escalated_at is null)),
        (select count(*) from wait where state = 'open'
            and cast(remind_at ->> cast(reminded as integer) as timestamptz) <= :at),
        (select count(*) from hand_off where state = 'open')
""")
_STANDS_STILL = text("""
    select 'hand-off ' || h.id || ' at ' || h.stage || ', driven again ' || h.driven_again
        || ' times' from hand_off h where h.state = 'open' and not exists (
            select from wait w where w.hand_off_id = h.id and w.state = 'open')
    union all select 'effect ' || e.key || ' is ' || e.state || ': ' || coalesce(e.error, '')
        from effect e where e.state in ('intended', 'in_flight')
    order by 1 limit 20
""")


class Weather:
    """Drives one fire to its end."""

    def __init__(self, fire: Fire) -> None:
        self._fire = fire
        self._begun_at = self._told_at = self._moved_at = time.monotonic()
        self._last: tuple[object, ...] = ()
        self._next_kill = self._begun_at + 3 + KILL_SECONDS
        self._next_engine = self._begun_at + ENGINE_SECONDS / 2
        self._next_postgres = self._begun_at + POSTGRES_SECONDS / 3
        self._rolls = 0
        self._retried: set[int] = set()
        self._judged_at = self._begun_at
        self._looks: dict[Violation, int] = {}
        self._engine_until = 0.0
        self._wave_at: datetime | None = fire.board.now()
        self._wishes_at: datetime | None = None

    def last(self) -> None:
        """Go on until all is over."""
        fire = self._fire
        while True:
            fire.crew.tend()
            fire.mail.flush()
            fire.people.were_taken(fire.mail.tidy())
            self._learn_of_files()
            fire.people.act()
            self._break_something()
            if self._is_at_rest():
                if self._somebody_retries() or self._moves_on():
                    continue
                return
            if fire.options.is_over_at_first and self._has_violation():
                return
            if time.monotonic() - self._moved_at > fire.options.stuck_seconds:
                self._give_up()
                return
            time.sleep(POLL_SECONDS)

    def _has_violation(self) -> bool:
        """Look from time to time whether the logs show one already."""
        now = time.monotonic()
        if now - self._judged_at < JUDGE_SECONDS:
            return False
        self._judged_at = now
        found = set(lasting(judge(logs_of(self._fire))))
        # A mail that mends it may be on its way, so it must be there at several looks.
        self._looks = {violation: self._looks.get(violation, 0) + 1 for violation in found}
        self._fire.is_cut_short = max(self._looks.values(), default=0) >= LOOKS
        return self._fire.is_cut_short

    # Time

    def _is_at_rest(self) -> bool:
        """Whether nothing is left to be done at this instant."""
        fire = self._fire
        restless = self._restless()
        facts = (
            restless,
            len(fire.mail.log),
            len(fire.crm.log),
            len(fire.people.sayings),
            fire.crew.stalls,
        )
        if facts != self._last:
            self._last, self._moved_at = facts, time.monotonic()
        self._tell(restless)
        return (
            restless is not None
            and not any(restless[:-1])
            and fire.mail.is_quiet
            and fire.people.is_quiet
            and not fire.crew.has_stopped
            and not fire.board.engine_is_down
            and not list(fire.scene.waves.glob("*.ready"))
        )

    def _restless(self) -> tuple[int, ...] | None:
        try:
            with self._fire.observer.connect() as connection:
                found = connection.execute(_RESTLESS, {"at": self._fire.board.now()}).one()
                return tuple(int(number) for number in found)
        except DBAPIError:
            # It is being restarted.
            return None

    def _moves_on(self) -> bool:
        """Let the clock jump to the next thing, or return False if there is none."""
        fire = self._fire
        instants = [
            self._next_instant(),
            fire.people.next_act_at,
            self._wave_at,
            self._wishes_at,
        ]
        due = [at for at in instants if at is not None]
        if not due:
            return False
        if fire.wave:
            fire.board.jump_to(max(min(due), fire.board.now() + fire.options.step))
            fire.jumps += 1
        self._bring_what_is_due()
        return True

    def _somebody_retries(self) -> bool:
        """Let a person look at what the mail server refused, and have it tried again, once."""
        fire = self._fire
        found = fire.people.desk.get("/effects?limit=1000")
        if found is None:
            # The desk is away; whoever looks comes back.
            return True
        fresh = [one["id"] for one in found if one["id"] not in self._retried]
        self._retried.update(fresh)
        fire.people.have_retried(fresh)
        return bool(fresh)

    def _next_instant(self) -> datetime | None:
        fire = self._fire
        with Session(fire.observer) as session:
            return next_instant(session, fire.board.now())

    # What comes in

    def _bring_what_is_due(self) -> None:
        """Bring the wave that is due, or what another system says of its leads hours later."""
        fire, folder = self._fire, self._fire.scene.waves
        now = fire.board.now()
        if self._wave_at is not None and now >= self._wave_at:
            fire.wave += 1
            write_wave(folder, f"{fire.wave}", fire.leads_of(fire.wave), now)
            morning = now.replace(hour=WAVE_HOUR, minute=0, second=0, microsecond=0)
            is_last = fire.wave == fire.leads[-1].wave
            self._wave_at = None if is_last else morning + timedelta(days=1)
            self._wishes_at = now + WISHES_AFTER
        elif self._wishes_at is not None and now >= self._wishes_at:
            self._wishes_at = None
            wishes = [lead for lead in fire.leads_of(fire.wave) if lead.opts_out]
            if wishes:
                write_wishes(folder, f"{fire.wave}-wishes", wishes)

    def _learn_of_files(self) -> None:
        """Note when wishes that came in a file were known to Baton."""
        fire = self._fire
        for done in fire.scene.waves.glob("*-wishes.done"):
            done.rename(done.with_suffix(".noted"))
            at = fire.board.now()
            for lead in fire.leads_of(int(done.stem.partition("-")[0])):
                if lead.opts_out:
                    saying = Saying(tick(), at, lead.email, "opted_out")
                    saying.known_tick, saying.known_at = saying.tick, at
                    fire.people.sayings.add(saying)

    # What breaks

    def _break_something(self) -> None:
        fire, now = self._fire, time.monotonic()
        if fire.board.engine_is_down and now > self._engine_until:
            fire.board.engine_is_down = False
        if fire.crew.is_calm:
            return
        if now > self._next_kill:
            if fire.crew.random_kills < max(2, fire.options.count // 10):
                fire.crew.kill_one()
            self._next_kill = now + self._about(KILL_SECONDS)
        if now > self._next_engine:
            fire.board.engine_is_down = True
            fire.engine_outages += 1
            self._engine_until = now + self._about(ENGINE_DOWN_SECONDS)
            self._next_engine = now + self._about(ENGINE_SECONDS)
        if now > self._next_postgres and not fire.crew.has_stopped:
            fire.postgres.restart()
            self._next_postgres = now + self._about(POSTGRES_SECONDS)

    def _about(self, seconds: float) -> float:
        self._rolls += 1
        return self._fire.dice.between(0.5 * seconds, 1.5 * seconds, "weather", self._rolls)

    def _give_up(self) -> None:
        fire = self._fire
        with fire.observer.connect() as connection:
            fire.stuck = [str(row[0]) for row in connection.execute(_STANDS_STILL)]
        fire.stuck = fire.stuck or ["nothing moves any more, and something is left to be done"]

    def _tell(self, restless: tuple[int, ...] | None) -> None:
        now = time.monotonic()
        if now - self._told_at < TELL_SECONDS or restless is None:
            return
        self._told_at = now
        fire = self._fire
        running, effects, *_, open_ones = restless
        fire.tell(
            f"{now - self._begun_at:5.0f} s, {fire.board.now():%a %d %b %H:%M}: {open_ones} open, "
            f"{running} running, {effects} effects under way; {len(fire.mail.log)} mails, "
            f"{len(fire.crm.log)} CRM writes; {fire.crew.killed_at.total()} killed at points, "
            f"{fire.crew.random_kills} at random, {fire.crew.stalls} stalled"
        )
