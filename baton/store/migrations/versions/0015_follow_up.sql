alter table rep add column preferred_time text;

-- An AE's lead that nobody reached is given up: after the agreed attempts, or with a manager's reason.
create table given_up (
    id bigint generated always as identity primary key,
    lead_id bigint not null references lead (id),
    by_id bigint not null references rep (id),
    at timestamptz not null,
    -- What was done since the lead is the AE's, and what was agreed.
    attempts bigint not null,
    channels bigint not null,
    days double precision not null,
    minimum_attempts bigint not null,
    minimum_channels bigint not null,
    over_days bigint not null,
    -- Empty, or why a manager gave it up before that.
    reason text not null,
    constraint ck_given_up_tried_enough check (
        reason <> ''
        or (attempts >= minimum_attempts and channels >= minimum_channels and days >= over_days)
    )
);
create index ix_given_up_lead_id on given_up (lead_id);

-- Silence is not "dead" (D6): an AE's lead is closed only with such a record, written after it came.
create function guard_given_up() returns trigger language plpgsql as $$
begin
    if not exists (
        select 1 from given_up g
        where g.lead_id = new.id and g.at >= coalesce((
            select max(s.at) from status_change s
            where s.lead_id = new.id and s.to_place = 'with_ae' and s.from_place <> 'with_ae'),
            '-infinity'))
    then
        raise exception 'D6: lead % is its AE''s, and nobody gave it up', new.id
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger guard_given_up before update of place on lead
    for each row when (old.place = 'with_ae' and new.place = 'closed')
    execute function guard_given_up();

create trigger append_only before update or delete on given_up
    for each row execute function refuse_change();
