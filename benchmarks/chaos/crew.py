"""Baton's processes in the fire: started, killed, stopped, let go on, started anew."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess

from benchmarks.chaos.child import Scene, live
from benchmarks.chaos.crashes import Fate
from benchmarks.chaos.dice import Dice

PAUSE_SECONDS = 0.2
# Lives are this long, in crash points, where no kind of point is aimed at.
SHORTEST, LONGEST = 10, 250
# Others have to be there who could do the same meanwhile.
STALL = ("worker1", "worker2")


class Budget:
    """How often what may happen."""

    def __init__(self, count: int) -> None:
        self.kills = max(3, count // 4)
        self.stalls = count // 40


class Crew:
    """The processes of all roles.

    Attributes:
        killed_at: Kind of crash point to how often a process died there.
        known: Kinds of crash points that were passed, and how often a new process did first.
        random_kills: How often a process was killed from outside.
        stalls: How often a process was stopped and let go on.
        deaths: How often a process ended, whatever the reason.
    """

    def __init__(
        self, scene: Scene, roles: Sequence[str], dice: Dice, budget: Budget, preload: list[str]
    ) -> None:
        self.killed_at: Counter[str] = Counter()
        self.known: Counter[str] = Counter()
        self.random_kills = self.stalls = self.deaths = 0
        self._scene, self._dice, self._budget = scene, dice, budget
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(preload)
        self._lives: dict[str, ForkServerProcess] = {}
        self._begin_at = dict.fromkeys(roles, 0.0)
        self._born = 0
        self._read = 0
        self._stopped: dict[int, float] = {}
        self.is_calm = False

    def tend(self) -> None:
        """Start whoever is dead, let go on who stood still long enough, read the journal."""
        self._read_journal()
        self._let_go_on()
        for role in self._begin_at:
            process = self._lives.get(role)
            if process is not None and process.is_alive():
                continue
            if process is not None:
                self.deaths += 1
                process.join()
                process.close()
                del self._lives[role]
                self._begin_at[role] = time.monotonic() + PAUSE_SECONDS
            elif time.monotonic() >= self._begin_at[role]:
                self._lives[role] = self._born_as(role)

    def _born_as(self, role: str) -> ForkServerProcess:
        self._born += 1
        process = self._context.Process(
            target=live, args=(role, self._scene, self._fate(role)), daemon=True
        )
        process.start()
        return process

    def _fate(self, role: str) -> Fate:
        number = self._born
        stall = None
        if self.is_calm or self.killed_at.total() >= self._budget.kills:
            return Fate()
        if self.stalls < self._budget.stalls and role in STALL:
            stall = self._stall(number)
        if self.known and self._dice.happens(0.6, number, "aims"):
            nth = 1 + int(self._dice.share(number, "nth") * 3)
            return Fate(self._aim(number, "kill"), nth, stall)
        return Fate(None, int(self._dice.between(SHORTEST, LONGEST, number, "nth")), stall)

    def _stall(self, number: int) -> str | None:
        """Return where a process stands still: with a mail or a slot in its hand, or anywhere."""
        points = {
            "before mail: introduction": 0.3,
            "before mail: invite": 0.2,
            "before commit: booking._propose_next": 0.25,
        }
        return self._dice.pick(points, "", number, "stall") or self._aim(number, "stall")

    def _aim(self, number: int, what: str) -> str | None:
        """Return one of the kinds of points at which the fewest died so far."""
        if not self.known:
            return None
        least = min(self.killed_at[point] for point in self.known)
        rare = sorted(point for point in self.known if self.killed_at[point] == least)
        return rare[int(self._dice.share(number, what, "aim") * len(rare))]

    def kill_one(self) -> None:
        """Kill a process from outside, wherever it is."""
        alive = [role for role, process in self._lives.items() if process.is_alive()]
        if alive:
            role = alive[int(self._dice.share(self.random_kills, "who") * len(alive))]
            self._lives[role].kill()
            self.random_kills += 1

    @property
    def has_stopped(self) -> bool:
        """Whether a process stands still at this moment."""
        return bool(self._stopped)

    def _let_go_on(self) -> None:
        scene = self._scene
        # Long enough that another one would do the same, if it might: its run waits for a worker
        # when the lease has ended, and once more when a copy of the mail would have come.
        wanted = 6 * (scene.lease_seconds + scene.copy_seconds)
        for pid, since in list(self._stopped.items()):
            if time.monotonic() - since > wanted:
                del self._stopped[pid]
                _signal(pid, signal.SIGCONT)

    def _read_journal(self) -> None:
        if not self._scene.journal.exists():
            return
        with self._scene.journal.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        for line in lines:
            if not line.endswith(b"\n"):
                break
            self._read += len(line)
            what, pid, point = line.decode().rstrip("\n").split("\t")
            if what == "seen":
                self.known[point] += 1
            elif what == "killed":
                self.killed_at[point] += 1
            else:
                self.stalls += 1
                self._stopped[int(pid)] = time.monotonic()

    def end(self) -> None:
        """Kill everybody."""
        for process in self._lives.values():
            process.kill()
        for process in self._lives.values():
            process.join(5)
        self._read_journal()


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        # It was killed while it stood still.
        return
