-- How many hand-offs each AE has open: counted where they begin and end, because counting all of them
-- for each lead that is given took longer the more there were.

alter table route_counter add column open bigint not null default 0;

-- What changed since a lead was last given. Rows are only added and taken away, so that whoever ends a
-- hand-off waits for nobody; whoever gives the next lead adds them up.
create table route_open (
    id bigint generated always as identity primary key,
    rep_id bigint not null references rep (id),
    more bigint not null
);

create function count_open() returns trigger language plpgsql as $$
declare
    had bigint;
    has bigint;
begin
    if tg_op <> 'INSERT' and old.state = 'open' then had := old.ae_id; end if;
    if tg_op <> 'DELETE' and new.state = 'open' then has := new.ae_id; end if;
    if had is distinct from has then
        insert into route_open (rep_id, more)
        select of.rep_id, of.more from (values (had, -1), (has, 1)) of (rep_id, more)
        where of.rep_id is not null;
    end if;
    return null;
end $$;

create trigger count_open after insert or delete or update of state, ae_id on hand_off
    for each row execute function count_open();

insert into route_counter (rep_id, open)
select h.ae_id, count(*) from hand_off h where h.state = 'open' and h.ae_id is not null group by h.ae_id
on conflict (rep_id) do update set open = excluded.open;

drop index ix_hand_off_ae_id_open;
