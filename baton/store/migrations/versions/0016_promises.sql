-- Promises of the agreement's section `slas`: due times, and what became of them.

create table promise (
    id bigint generated always as identity primary key,
    agreement_id bigint not null references agreement_version (id),
    sla text not null,
    -- Both are missing for what is promised for a month.
    hand_off_id uuid references hand_off (id),
    responsible_id bigint references rep (id),
    -- Which of the events that start this promise.
    occurrence text not null,
    team text not null,
    since timestamptz not null,
    due_at timestamptz not null,
    -- How the due time came about.
    decision_id bigint references decision (id),
    opened_at timestamptz not null,
    -- [{"at", "act"}] in order; so many of them are done.
    acts jsonb not null default '[]',
    acted bigint not null default 0,
    -- When the sweep must look at it next; null once time does nothing to it any more.
    next_at timestamptz,
    state text not null default 'open',
    is_measured boolean not null default true,
    breached_at timestamptz,
    fulfilled_at timestamptz,
    -- By the minutes that the promise counts.
    took_minutes double precision,
    -- When the hand-off was taken from who owes it.
    replaced_at timestamptz,
    why text not null default '',
    constraint ck_promise_state check (state in ('open', 'kept', 'breached', 'cancelled')),
    constraint ck_promise_order check (since <= due_at),
    constraint ck_promise_breach check ((state = 'breached') = (breached_at is not null)),
    constraint ck_promise_kept check (state <> 'kept' or fulfilled_at <= due_at),
    constraint ck_promise_open check (state <> 'open' or is_measured),
    constraint one_promise unique nulls not distinct (sla, hand_off_id, occurrence)
);
create index ix_promise_next_at on promise (next_at) where next_at is not null;
create index ix_promise_hand_off_id on promise (hand_off_id);
create index ix_promise_due_at on promise (due_at);

-- Hand-offs to which something happened since their promises were looked at. Rows are only added and
-- taken away, so that nobody waits for anybody; a hand-off may stand here several times.
create table promise_look (
    id bigint generated always as identity primary key,
    hand_off_id uuid not null
);

create function look_at_promises() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'hand_off' then
        insert into promise_look (hand_off_id) values (new.id);
    elsif tg_table_name = 'attempt' then
        insert into promise_look (hand_off_id)
        select h.id from hand_off h where h.lead_id = new.lead_id and h.state = 'open';
    elsif tg_table_name = 'attendance_change' then
        insert into promise_look (hand_off_id)
        select m.hand_off_id from meeting m where m.id = new.meeting_id;
    else
        insert into promise_look (hand_off_id) values (new.hand_off_id);
    end if;
    return null;
end $$;

create trigger promises_begin after insert on hand_off
    for each row execute function look_at_promises();
create trigger promises_change after update on hand_off
    for each row when (
        (old.state, old.ae_id, old.introduced_at, old.ae_engaged_at)
        is distinct from (new.state, new.ae_id, new.introduced_at, new.ae_engaged_at))
    execute function look_at_promises();
create trigger promises_begin after insert on wait
    for each row execute function look_at_promises();
create trigger promises_change after update on wait
    for each row when (old.state is distinct from new.state)
    execute function look_at_promises();
create trigger promises_change after update on meeting
    for each row when (
        (old.state, old.during) is distinct from (new.state, new.during)
        and 'confirmed' in (old.state, new.state))
    execute function look_at_promises();
create trigger promises_change after insert on attendance_change
    for each row execute function look_at_promises();
create trigger promises_change after insert on attempt
    for each row execute function look_at_promises();
create trigger promises_change after insert on outcome
    for each row execute function look_at_promises();

-- What is under way is looked at once.
insert into promise_look (hand_off_id) select id from hand_off where state = 'open';
