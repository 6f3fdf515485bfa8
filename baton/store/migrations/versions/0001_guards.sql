-- What columns and checks cannot say of the invariants, the database says here.
-- Each guard raises with the invariant's name, so that a refusal explains itself.

-- History and decisions are append-only (I8), versions and signatures never change (I9).
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'I8/I9: % is append-only', tg_table_name using errcode = 'check_violation';
end $$;

create trigger append_only before update or delete on decision
    for each row execute function refuse_change();
create trigger append_only before update or delete on status_change
    for each row execute function refuse_change();
create trigger append_only before update or delete on owner_change
    for each row execute function refuse_change();
create trigger append_only before update or delete on agreement_version
    for each row execute function refuse_change();
create trigger append_only before update or delete on signature
    for each row execute function refuse_change();
create trigger append_only before update or delete on activation
    for each row execute function refuse_change();
create trigger append_only before update or delete on outcome
    for each row execute function refuse_change();
create trigger append_only before update or delete on intake
    for each row execute function refuse_change();

-- I9: only a version that both teams signed decides, and the signatures cover its content.
create function is_signed(version bigint) returns boolean language sql stable as $$
    select count(distinct s.team) = 2
    from signature s join agreement_version a on a.id = s.agreement_id
    where a.id = version and s.content_hash = a.content_hash
$$;

create function require_signed() returns trigger language plpgsql as $$
begin
    if not is_signed(new.agreement_id) then
        raise exception 'I9: agreement version % is not signed by both teams', new.agreement_id
            using errcode = 'check_violation';
    end if;
    return new;
end $$;

create trigger signed before insert on activation
    for each row execute function require_signed();
create trigger signed before insert on hand_off
    for each row execute function require_signed();
create function require_signed_statement() returns trigger language plpgsql as $$
declare version bigint;
begin
    select d.agreement_id into version from (select distinct agreement_id from new_rows) d
    where not is_signed(d.agreement_id) limit 1;
    if found then
        raise exception 'I9: agreement version % is not signed by both teams', version
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger signed after insert on decision
    referencing new table as new_rows
    for each statement execute function require_signed_statement();

-- I1: suspect only when introduced, the AE answered, and AE and lead both accepted.
-- I2: sales-qualified only after the outcome `met`, with the owner moved to the hand-off's AE.
-- I3: back to nurture after a meeting only with the outcome's feedback and the SDR as owner.
create function guard_lead_status() returns trigger language plpgsql as $$
begin
    if new.status = 'suspect' and old.status <> 'suspect' and not exists (
        select 1 from hand_off h join meeting m on m.hand_off_id = h.id
        where h.lead_id = new.id and h.state = 'open'
          and h.introduced_at is not null and h.ae_engaged_at is not null
          and m.state = 'confirmed'
          and 2 = (select count(distinct a.side) from attendance a
                   where a.meeting_id = m.id and a.reply = 'accepted'))
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
create trigger guard_status before update of status, place, owner_id on lead
    for each row execute function guard_lead_status();

-- A new lead has come no way yet, so it cannot stand at the end of one.
create function guard_new_lead() returns trigger language plpgsql as $$
begin
    raise exception 'I1/I2/I5: a new lead is not % in place %', new.status, new.place
        using errcode = 'check_violation';
end $$;
create trigger guard_new before insert on lead
    for each row when (new.status in ('suspect', 'sales_qualified') or new.place = 'hand_off')
    execute function guard_new_lead();

-- I4: nothing is released to an address that opted out; the advisory lock makes an opt-out that
-- is being written and a release that is being checked wait for each other.
create function guard_release() returns trigger language plpgsql as $$
declare address text;
begin
    if new.state = 'in_flight' and (tg_op = 'INSERT' or old.state <> 'in_flight') then
        foreach address in array new.recipients loop
            perform pg_advisory_xact_lock_shared(hashtextextended(address, 4));
        end loop;
        select o.address into address from opt_out o
        where o.address = any (new.recipients) limit 1;
        if found then
            raise exception 'I4: % has opted out', address using errcode = 'check_violation';
        end if;
    end if;
    return new;
end $$;
create trigger guard_release before insert or update of state on effect
    for each row execute function guard_release();

create function lock_opt_out() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(new.address, 4));
    return new;
end $$;
create trigger lock_opt_out before insert on opt_out
    for each row execute function lock_opt_out();

-- I5: a lead is in a hand-off exactly when an open hand-off is there for it.
create function guard_place() returns trigger language plpgsql as $$
declare
    moved bigint;
    wrong bigint;
begin
    if tg_table_name = 'lead' then
        moved := new.id;
    elsif tg_op = 'DELETE' then
        moved := old.lead_id;
    else
        moved := new.lead_id;
    end if;
    select l.id into wrong from lead l where l.id = moved
      and (l.place = 'hand_off') <> exists (
        select 1 from hand_off h where h.lead_id = l.id and h.state = 'open');
    if found then
        raise exception 'I5: lead % is in a hand-off and is not', wrong
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger one_place after update on lead deferrable initially deferred
    for each row when (old.place is distinct from new.place) execute function guard_place();
create constraint trigger one_place after insert or update of state or delete on hand_off
    deferrable initially deferred for each row execute function guard_place();
