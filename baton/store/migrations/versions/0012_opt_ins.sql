-- Wishes not to be contacted that the person took back by an act of their own; `opt_out` holds
-- those that stand, and its guards look at nothing else.

create table opt_in (
    id bigint generated always as identity primary key,
    address text not null,
    channel text not null,
    opted_out_at timestamptz not null,
    opted_out_by text not null,
    source text not null,
    reason text not null,
    at timestamptz not null
);
create index ix_opt_in_address on opt_in (address);
create trigger append_only before update or delete on opt_in
    for each row execute function refuse_change();
