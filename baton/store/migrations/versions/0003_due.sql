-- Each warmth rule's points in tenths; what decay left of touches in millionths, as it is counted.

create function pg_temp.in_tenths(points numeric[]) returns integer[] language sql immutable as $$
    select coalesce(array_agg(cast(p.points * 10 as integer) order by p.place), '{}')
    from unnest(points) with ordinality p (points, place)
$$;
alter table judgement rename column warmth to warmth_tenths;
alter table judgement
    alter column warmth_tenths type integer[] using pg_temp.in_tenths(warmth_tenths);
-- Judgements made before have what was left among their numbers, as their lists of facts say.
alter table judgement add column millionths bigint[] not null default '{}';

-- Leads in nurture that something happened to since they were judged.
create table due (
    lead_id bigint not null,
    at timestamp with time zone not null,
    constraint pk_due primary key (lead_id),
    constraint fk_due_lead_id foreign key (lead_id) references lead (id)
);

-- Who leaves nurture is judged where it goes.
create function forget_due() returns trigger language plpgsql as $$
begin
    delete from due where lead_id = new.id;
    return null;
end $$;
create trigger leaves_nurture after update of place on lead
    for each row when (old.place = 'nurture' and new.place <> 'nurture')
    execute function forget_due();

-- Whose check-in is due is asked every night.
create index ix_lead_check_in on lead (check_in_on) where place = 'nurture';

-- I5: a move between other places cannot change whether a lead is in a hand-off.
drop trigger one_place on lead;
create constraint trigger one_place after update on lead deferrable initially deferred
    for each row when (
        old.place is distinct from new.place and 'hand_off' in (old.place, new.place))
    execute function guard_place();

-- However those who judge want their own statement planned: a few leads are looked up one by one.
alter function guard_judgements set enable_nestloop to on;

-- Whom time turned is read out of the index alone.
drop index ix_judgement_holds_until;
create index ix_judgement_holds_until on judgement (holds_until) include (lead_id, judging_id)
    where holds_until is not null;
