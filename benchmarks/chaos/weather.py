"""What drives the fire on: files come in, the clock jumps, processes die, servers restart."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from baton.store.agenda import next_instant
from benchmarks.chaos.fire import Fire
from benchmarks.chaos.leads import write_wave
from benchmarks.chaos.records import Saying, tick

POLL_SECONDS = 0.04
TELL_SECONDS = 10.0
WAVE_HOUR = 8
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
        self._engine_until = 0.0
        self._wave_at = fire.board.now()

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
            if time.monotonic() - self._moved_at > fire.options.stuck_seconds:
                self._give_up()
                return
            time.sleep(POLL_SECONDS)

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
        waves = max(lead.wave for lead in fire.leads)
        instants = [self._next_instant(), fire.people.next_act_at]
        if fire.wave < waves + 1:
            instants.append(self._wave_at)
        due = [at for at in instants if at is not None]
        if not due:
            return False
        now = fire.board.now()
        fire.board.jump_to(max(min(due), now + fire.options.step) if fire.wave else now)
        fire.jumps += 1
        if fire.wave < waves + 1 and fire.board.now() >= self._wave_at:
            self._bring_wave()
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

    def _bring_wave(self) -> None:
        fire = self._fire
        fire.wave += 1
        write_wave(fire.scene.waves, fire.leads, fire.wave, fire.board.now())
        (fire.scene.waves / f"{fire.wave}.ready").touch()
        morning = fire.board.now().replace(hour=WAVE_HOUR, minute=0, second=0, microsecond=0)
        self._wave_at = morning + timedelta(days=1)

    def _learn_of_files(self) -> None:
        """Note when wishes that came in a file were known to Baton."""
        fire = self._fire
        for done in fire.scene.waves.glob("*.done"):
            wave = int(done.stem)
            done.rename(done.with_suffix(".noted"))
            for lead in fire.leads:
                if lead.opts_out_in == wave:
                    at = fire.board.now()
                    fire.people.sayings.add(
                        Saying(tick(), at, lead.email, "opted_out", known_tick=tick(), known_at=at)
                    )

    # What breaks

    def _break_something(self) -> None:
        fire, now = self._fire, time.monotonic()
        if fire.board.engine_is_down and now > self._engine_until:
            fire.board.engine_is_down = False
        if fire.crew.is_calm:
            return
        if now > self._next_kill:
            if fire.crew.random_kills < max(3, fire.options.count // 10):
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
