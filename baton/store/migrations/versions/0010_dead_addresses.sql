-- Addresses whose mail came back for good; no mail goes there until somebody says that it works
-- again, or writes from it. History: a row ends, and is never taken away.

create table dead_address (
    id bigint generated always as identity primary key,
    address text not null,
    why text not null,
    at timestamptz not null,
    ended_by text,
    ended_at timestamptz,
    constraint ck_dead_address_ended check ((ended_at is null) = (ended_by is null))
);
create unique index one_dead_address on dead_address (address) where ended_at is null;
