alter table rep add column present_until timestamptz;

alter table hand_off add column technique text;
alter table hand_off add constraint ck_hand_off_technique check (
    technique in ('appointment', 'warm_transfer', 'best_time', 'soft_introduction'));

-- An appointment is proposed by an invite; a call is not.
alter table meeting add column kind text not null default 'appointment';
alter table meeting add constraint ck_meeting_kind check (kind in ('appointment', 'call'));

-- That AE and lead reached each other.
create table connection (
    id bigint generated always as identity primary key,
    hand_off_id uuid not null references hand_off (id),
    meeting_id bigint not null references meeting (id),
    technique text not null,
    at timestamptz not null,
    -- A rep's mail address, or "mail" where both sides' answers were seen.
    said_by text not null,
    note text not null default '',
    constraint uq_connection_meeting_id unique (meeting_id),
    constraint ck_connection_technique check (
        technique in ('warm_transfer', 'best_time', 'soft_introduction'))
);
create index ix_connection_hand_off_id on connection (hand_off_id);
create trigger append_only before update or delete on connection
    for each row execute function refuse_change();

-- I1: it is proof only of the technique that was chosen, of a lead that was introduced, with the AE.
create function guard_connection() returns trigger language plpgsql as $$
begin
    if not exists (
        select 1 from hand_off h join meeting m on m.hand_off_id = h.id
        where h.id = new.hand_off_id and m.id = new.meeting_id and m.kind = 'call'
          and h.state = 'open' and h.introduced_at is not null
          and h.technique = new.technique and m.ae_id = h.ae_id)
    then
        raise exception 'I1: hand-off % goes over by no such technique', new.hand_off_id
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger guard_connection before insert on connection
    for each row execute function guard_connection();

-- As before, and: a technique's own proof stands beside the accepted invite.
create or replace function guard_lead_status() returns trigger language plpgsql as $$
begin
    if new.status = 'suspect' and old.status <> 'suspect' and not exists (
        select 1 from hand_off h join meeting m on m.hand_off_id = h.id
        where h.lead_id = new.id and h.state = 'open'
          and h.introduced_at is not null and h.ae_engaged_at is not null
          and m.state = 'confirmed'
          and 2 = (select count(distinct a.side) from attendance a
                   where a.meeting_id = m.id and a.reply = 'accepted'))
        and not exists (
        select 1 from hand_off h join connection c on c.hand_off_id = h.id
        where h.lead_id = new.id and h.state = 'open' and h.introduced_at is not null)
    then
        raise exception 'I1: lead % was not introduced and accepted by both', new.id
            using errcode = 'check_violation';
    end if;
    if new.status = 'sales_qualified' and old.status <> 'sales_qualified' and not exists (
        select 1 from hand_off h join outcome o on o.hand_off_id = h.id
        where h.lead_id = new.id and h.state = 'open' and o.kind = 'met'
          and h.ae_id = new.owner_id)
    then
        raise exception 'I2: lead % has no outcome "met" with its AE as owner', new.id
            using errcode = 'check_violation';
    end if;
    if new.owner_id is distinct from old.owner_id and new.status <> 'sales_qualified' and exists (
        select 1 from hand_off h
        where h.lead_id = new.id and h.state = 'open' and h.ae_id = new.owner_id)
    then
        raise exception 'I2: lead % would be its AE''s without being sales-qualified', new.id
            using errcode = 'check_violation';
    end if;
    -- A meeting that was called off was none: then there is nothing to give feedback on.
    if new.place = 'nurture' and old.status = 'suspect' and not exists (
        select 1 from hand_off h
        where h.lead_id = new.id and h.state = 'open' and h.sdr_id = new.owner_id
          and (exists (select 1 from outcome o where o.hand_off_id = h.id
                       and o.kind in ('not_met', 'no_show', 'rescheduled'))
               or not exists (select 1 from meeting m where m.hand_off_id = h.id
                              and m.state <> 'cancelled')))
    then
        raise exception 'I3: lead % would return without the AE''s feedback', new.id
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
