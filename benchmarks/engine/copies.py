"""Many hand-offs that wait, each a copy of one that came about through the product.

Ours: the lead with what it did, its changes, the hand-off, its stages, its wait and its effects
(without the mails' bytes). Prefect's: the flow run with all its states. The ids of copy `g` follow
from `g` and are the same in both databases.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

_HAND_OFF = "md5('hand-off ' || g)::uuid"
_RUN = "md5('run ' || g)::uuid"
_NUMBERS = "generate_series(cast(:first as int), cast(:last as int)) g"
# Copies' ids begin here, so that they meet nobody's.
ABOVE = 1_000_000


@dataclass(frozen=True, slots=True)
class Example:
    """The hand-off that is copied: its lead, itself, its flow run in Prefect."""

    lead_id: int
    hand_off_id: uuid.UUID
    flow_run_id: uuid.UUID


def copy_hand_offs(engine: Engine, example: Example, numbers: range) -> None:
    """Add copies of the example with these numbers (from 1) to our tables."""
    lead = intake = f"{ABOVE} + g"
    of_lead, of_hand_off = "o.lead_id = :lead_id", "o.hand_off_id = :hand_off_id"
    both = {
        "lead_id": lead,
        "hand_off_id": f"case when o.hand_off_id is not null then {_HAND_OFF} end",
    }
    with engine.begin() as connection:
        # The guards want each lead to go the whole way, as the example did.
        connection.execute(text("set local session_replication_role = replica"))
        copying = _Copying(connection, example, numbers)
        copying.of(
            "intake",
            "o.id = (select intake_id from lead where id = :lead_id)",
            id=intake,
            key="o.key || ' ' || g",
        )
        copying.of(
            "lead",
            "o.id = :lead_id",
            id=lead,
            intake_id=intake,
            external_id="o.external_id || ' ' || g",
            email="'copy' || g || '.' || o.email",
        )
        copying.of("lead_place", of_lead, lead_id=lead)
        copying.of("touch", of_lead, id=None, lead_id=lead)
        copying.of(
            "hand_off",
            "o.id = :hand_off_id",
            id=_HAND_OFF,
            lead_id=lead,
            flow_run_id=f"{_RUN}::text",
        )
        copying.of("status_change", of_lead, id=None, **both)
        copying.of("owner_change", of_lead, id=None, **both)
        copying.of("stage_done", of_hand_off, hand_off_id=_HAND_OFF)
        copying.of("wait", of_hand_off, id=None, hand_off_id=_HAND_OFF)
        copying.of(
            "effect",
            of_hand_off,
            id=None,
            content="null",
            key="o.key || ' ' || g",
            provider_id="o.provider_id || ' ' || g",
            **both,
        )
    _settle(engine)


def copy_runs(prefect: Engine, example: Example, numbers: range) -> None:
    """Add copies of the example's flow run with these numbers (from 1) to Prefect's tables."""
    state = "md5('state ' || o.id || ' ' || g)::uuid"
    with prefect.begin() as connection:
        copying = _Copying(connection, example, numbers)
        copying.of(
            "flow_run",
            "o.id = :flow_run_id",
            id=_RUN,
            state_id="null",
            idempotency_key="o.idempotency_key || ' ' || g",
            parameters=f"jsonb_set(o.parameters, '{{hand_off_id}}', to_jsonb({_HAND_OFF}))",
        )
        copying.of("flow_run_state", "o.flow_run_id = :flow_run_id", id=state, flow_run_id=_RUN)
        connection.execute(
            text(f"""
                update flow_run r set state_id = md5('state ' || e.state_id || ' ' || g)::uuid
                from {_NUMBERS}, flow_run e
                where r.id = {_RUN} and e.id = :flow_run_id
            """),  # noqa: S608 (our own words)
            copying.values,
        )
    _settle(prefect)


@dataclass(frozen=True, slots=True)
class _Copying:
    connection: Connection
    example: Example
    numbers: range

    @property
    def values(self) -> dict[str, object]:
        return {
            "lead_id": self.example.lead_id,
            "hand_off_id": self.example.hand_off_id,
            "flow_run_id": self.example.flow_run_id,
            "first": self.numbers.start,
            "last": self.numbers.stop - 1,
        }

    def of(self, table: str, which: str, **changed: str | None) -> None:
        """Copy the rows that `which` picks; None leaves a column to its default."""
        columns = [name for name in self._columns(table) if changed.get(name, "") is not None]
        taken = ", ".join(changed.get(name) or f'o."{name}"' for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        self.connection.execute(
            text(f"""
                insert into "{table}" ({names}) overriding system value
                select {taken} from "{table}" o, {_NUMBERS} where {which}
            """),  # noqa: S608 (our own words)
            self.values,
        )

    def _columns(self, table: str) -> list[str]:
        found = self.connection.execute(
            text("""
                select column_name from information_schema.columns
                where table_schema = 'public' and table_name = :name and is_generated = 'NEVER'
                order by ordinal_position
            """),
            {"name": table},
        )
        return list(found.scalars())


def _settle(engine: Engine) -> None:
    """Do now what the server would do in the background while others measure."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze)"))
        connection.execute(text("checkpoint"))
