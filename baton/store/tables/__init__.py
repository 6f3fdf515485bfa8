"""The tables. History is inserted, never overwritten; current state is kept beside it.

Every instant is `timestamptz`. What a database constraint can hold of the invariants I1-I9 is
held here or in the migrations' guards; what changes state goes through this package's functions.
"""

from baton.store.tables.agreements import Activation, AgreementVersion, Decision, Signature
from baton.store.tables.crm import CrmEntry, CrmRecord
from baton.store.tables.effects import (
    DeadAddress,
    Effect,
    EffectDecision,
    Heartbeat,
    IdempotencyKey,
    InboundDecision,
    InboundMessage,
    NeighbourState,
)
from baton.store.tables.hand_offs import HandOff, StageDone, Wait
from baton.store.tables.judgements import Batch, DueLead, FactList, Judgement, Judging
from baton.store.tables.leads import (
    Attempt,
    GivenUp,
    Intake,
    LaterActivity,
    Lead,
    LeadChange,
    LeadPlace,
    OptIn,
    OptOut,
    OwnerChange,
    Quarantine,
    StatusChange,
    Touch,
)
from baton.store.tables.meetings import (
    AttendanceChange,
    AttendanceRow,
    Connection,
    CounterProposal,
    HeldTime,
    Meeting,
    Outcome,
    Review,
    ReviewVerdict,
)
from baton.store.tables.merges import LeadMerge, MergedTouch, SuspectedDuplicate
from baton.store.tables.model import Base, Json
from baton.store.tables.promises import PromiseLook, PromiseRow
from baton.store.tables.reps import Account, Rep
from baton.store.tables.routing import Absence, RouteCounter, RouteCredit, RouteDay, RouteOpen

__all__ = [
    "Absence",
    "Account",
    "Activation",
    "AgreementVersion",
    "Attempt",
    "AttendanceChange",
    "AttendanceRow",
    "Base",
    "Batch",
    "Connection",
    "CounterProposal",
    "CrmEntry",
    "CrmRecord",
    "DeadAddress",
    "Decision",
    "DueLead",
    "Effect",
    "EffectDecision",
    "FactList",
    "GivenUp",
    "HandOff",
    "Heartbeat",
    "HeldTime",
    "IdempotencyKey",
    "InboundDecision",
    "InboundMessage",
    "Intake",
    "Json",
    "Judgement",
    "Judging",
    "LaterActivity",
    "Lead",
    "LeadChange",
    "LeadMerge",
    "LeadPlace",
    "Meeting",
    "MergedTouch",
    "NeighbourState",
    "OptIn",
    "OptOut",
    "Outcome",
    "OwnerChange",
    "PromiseLook",
    "PromiseRow",
    "Quarantine",
    "Rep",
    "Review",
    "ReviewVerdict",
    "RouteCounter",
    "RouteCredit",
    "RouteDay",
    "RouteOpen",
    "Signature",
    "StageDone",
    "StatusChange",
    "SuspectedDuplicate",
    "Touch",
    "Wait",
]
