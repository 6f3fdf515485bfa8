"""A database for each test without making each: emptied, or made anew if it is not as new."""

from __future__ import annotations

import uuid

from sqlalchemy import Engine, make_url, text

from baton.store.database import connect

# More than one test leaves behind; then a new database is sooner there than an empty one.
_LARGE_BYTES = 1_000_000

# Row by row: a truncated table gets new files, which takes a hundred times as long for a few rows.
_EMPTY = text("""
do $$
declare
    name text;
    is_used boolean;
begin
    set local lock_timeout = '10s';
    set local session_replication_role = replica;
    for name in
        select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r'
          and relname <> 'alembic_version'
    loop
        execute format('select exists (select 1 from %I)', name) into is_used;
        if is_used then
            execute format('delete from %I', name);
        end if;
    end loop;
    perform setval(format('%I', sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname = 'public' and last_value is not null;
end $$
""")

_SHAPE = text("""
select
    (select sum(hashtext(concat(c.relname, '.', a.attname, a.attnotnull)))
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped),
    (select sum(hashtext(concat(tgrelid, tgname, tgenabled)))
        from pg_trigger where not tgisinternal),
    (select sum(hashtext(concat(conrelid, conname, pg_get_constraintdef(oid))))
        from pg_constraint where connamespace = 'public'::regnamespace)
""")

_LARGEST = text("""
select max(pg_relation_size(oid)) from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r'
""")


class Databases:
    """Databases on one server, one at a time; `engine` is the one in use."""

    def __init__(self, server_url: str, template: str) -> None:
        """Make the first one as a copy of the template."""
        self._server_url, self._template = server_url, template
        self._admin = connect(server_url).execution_options(isolation_level="AUTOCOMMIT")
        self.url, self.engine = self._make()
        self._shape = self._look()

    def clean(self) -> None:
        """Empty it; take a new one if a test changed its tables or left much.

        Raises:
            OperationalError: A test before left a transaction open.
        """
        with self.engine.begin() as connection:
            is_small = connection.execute(_LARGEST).scalar_one() < _LARGE_BYTES
            if is_small and connection.execute(_SHAPE).one() == self._shape:
                connection.execute(_EMPTY)
                return
        self.drop()
        self.url, self.engine = self._make()

    def drop(self) -> None:
        """Drop the one in use, whoever is connected."""
        self.engine.dispose()
        name = make_url(self.url).database
        with self._admin.connect() as connection:
            connection.execute(text(f"drop database if exists {name} with (force)"))

    def close(self) -> None:
        """Leave nothing on the server."""
        self.drop()
        self._admin.dispose()

    def _make(self) -> tuple[str, Engine]:
        name = f"t_{uuid.uuid4().hex}"
        with self._admin.connect() as connection:
            connection.execute(text(f"create database {name} template {self._template}"))
        url = make_url(self._server_url).set(database=name)
        in_full = url.render_as_string(hide_password=False)
        return in_full, connect(in_full)

    def _look(self) -> object:
        with self.engine.connect() as connection:
            return connection.execute(_SHAPE).one()
