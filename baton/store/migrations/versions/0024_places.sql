-- Where leads are is told beside them: a lead that moves is then written where it lies, and none of
-- its many indexes has to be told. Triggers alone write this.
create table lead_place (
    place text not null,
    is_new boolean not null,
    check_in_on date not null,
    lead_id bigint not null,
    constraint pk_lead_place primary key (place, is_new, check_in_on, lead_id),
    constraint fk_lead_place_lead_id foreign key (lead_id) references lead
);

-- Whether a lead waits and was not judged since it came or changed.
create function is_new(place text, qualified_at timestamptz, changed_at timestamptz) returns boolean
    language sql immutable
    return place = 'waiting' and (qualified_at is null or changed_at > qualified_at);

insert into lead_place (place, is_new, check_in_on, lead_id)
    select place, is_new(place, qualified_at, changed_at), coalesce(check_in_on, '9999-12-31'), id
    from lead order by 1, 2, 3, 4;

create function place_new_leads() returns trigger language plpgsql as $$
begin
    insert into lead_place (place, is_new, check_in_on, lead_id)
        select place, is_new(place, qualified_at, changed_at), coalesce(check_in_on, '9999-12-31'), id
        from new_leads;
    return null;
end $$;
create trigger places_new after insert on lead referencing new table as new_leads
    for each statement execute function place_new_leads();

create function place_lead() returns trigger language plpgsql as $$
begin
    update lead_place
        set place = new.place, is_new = is_new(new.place, new.qualified_at, new.changed_at),
            check_in_on = coalesce(new.check_in_on, '9999-12-31')
        where place = old.place and is_new = is_new(old.place, old.qualified_at, old.changed_at)
          and check_in_on = coalesce(old.check_in_on, '9999-12-31') and lead_id = old.id;
    if not found then
        raise exception 'I5: lead % is in % and lead_place does not say so', old.id, old.place
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
-- A plan that was made while the table was small must not go through all of it later.
alter function place_lead set enable_seqscan to off;
create trigger places_moved after update of place, check_in_on, qualified_at, changed_at on lead
    for each row when (
        old.place <> new.place or old.check_in_on is distinct from new.check_in_on
        or is_new(old.place, old.qualified_at, old.changed_at)
            <> is_new(new.place, new.qualified_at, new.changed_at))
    execute function place_lead();

drop index ix_lead_place;
drop index ix_lead_unqualified;
drop index ix_lead_check_in;
