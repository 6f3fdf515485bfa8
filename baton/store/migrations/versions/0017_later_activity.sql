-- Touches of leads that are an AE's already (B6): whom we told of them, and when.
create table later_activity (
    touch_id bigint primary key references touch (id),
    lead_id bigint not null references lead (id),
    told_at timestamptz,
    told_to bigint references rep (id),
    -- Empty while told_at is; 'none' where the agreement wants nobody told.
    told_how text,
    constraint ck_later_activity_told_how check (told_how in ('at_once', 'daily', 'none')),
    constraint ck_later_activity_told_whole check ((told_at is null) = (told_how is null))
);
create index ix_later_activity_untold on later_activity (touch_id) where told_at is null;
create index ix_later_activity_told_to on later_activity (told_to, told_at) where told_how = 'daily';

-- Whoever writes touches (an import, a mail, the API), none is missed, and a set costs one statement.
create function note_later_activity() returns trigger language plpgsql as $$
begin
    insert into later_activity (touch_id, lead_id)
    select t.id, t.lead_id from new_touch t join lead l on l.id = t.lead_id
    where l.place = 'with_ae';
    return null;
end $$;
create trigger note_later_activity after insert on touch
    referencing new table as new_touch
    for each statement execute function note_later_activity();
