"""What changed that networks of dependencies rest on: triggers note it, so that nobody who writes can forget to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


class Note(NamedTuple):
    """What a trigger writes down: expressions over OLD and NEW; `when` all of it is worth a note."""

    name: str
    table: str
    event: str  # INSERT | UPDATE | DELETE
    reach: str
    uid: str = "NULL"
    other: str = "NULL"
    program: str = "NULL"
    when: str = ""


def upgrade() -> None:
    op.create_table(
        "network_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text()),
        sa.Column("other_uid", sa.Text()),
        sa.Column("program_key", sa.Text()),
        sa.Column("xact", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_network_changes_xact", "network_changes", ["xact"])
    for note in _notes():
        for statement in _on_postgresql(note) if _is_postgresql() else _on_sqlite(note):
            op.execute(statement)


def downgrade() -> None:
    for note in _notes():
        if _is_postgresql():
            op.execute(f"DROP FUNCTION {_trigger(note)}() CASCADE")
        else:
            op.execute(f"DROP TRIGGER {_trigger(note)}")
    op.drop_table("network_changes")


def _notes() -> Iterator[Note]:
    yield from _of_items()
    yield from _of_links()
    yield from _of_hangings()
    for table, seen in _SHARED.items():
        yield Note("came", table, "INSERT", "all")
        yield Note("left", table, "DELETE", "all")
        yield Note("moved", table, "UPDATE", "all", when=_differs(*seen))
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        confirms = f"{row}.kind = 'confirm_suggested'"
        yield Note(event.lower(), "mapping_rules", event, "all", when=confirms)


_SHARED = {  # by table the columns that an answer about dependencies shows or is computed from
    "declared_dependencies": ("program_key", "position", "predecessor", "successor", "lag_days"),
    "edge_decisions": ("first_uid", "second_uid", "decision", "predecessor_uid"),
    "item_references": ("item_uid", "origin", "target", "relationship"),
    "iterations": ("name", "state", '"start"', '"end"'),
    "link_types": ("name", "direction"),
    "programs": ("key", "position", "count_subtasks"),
    "projects": ("key", "name"),
    "releases": ("release",),
    "sources": ("name", "kind", "url"),
}


def _of_items() -> Iterator[Note]:
    named = _differs("uid", "source", "key", "tombstone", "parent_uid")
    yield Note("came", "work_items", "INSERT", "names", "NEW.uid", "NEW.parent_uid")
    yield Note("left", "work_items", "DELETE", "names", "OLD.uid", "OLD.parent_uid")
    yield Note("was", "work_items", "UPDATE", "names", "OLD.uid", "OLD.parent_uid", when=named)
    yield Note("is", "work_items", "UPDATE", "names", "NEW.uid", "NEW.parent_uid", when=named)
    yield Note("told", "work_items", "UPDATE", "values", "NEW.uid", when=f"NOT ({named})")
    named, told = _differs("uid", "source", "key"), _differs(*_STUB)
    yield Note("came", "item_stubs", "INSERT", "names", "NEW.uid")
    yield Note("left", "item_stubs", "DELETE", "names", "OLD.uid")
    yield Note("is", "item_stubs", "UPDATE", "names", "NEW.uid", "OLD.uid", when=named)
    yield Note("told", "item_stubs", "UPDATE", "values", "NEW.uid", when=f"NOT ({named}) AND ({told})")


_STUB = ("title", "status", "status_category", "item_type", "visible")


def _of_links() -> Iterator[Note]:
    told = _differs("source", "native_id", "type_id", "source_uid", "target_uid", "provenance")
    for name, event, row, when in (
        ("came", "INSERT", "NEW", ""),
        ("left", "DELETE", "OLD", ""),
        ("was", "UPDATE", "OLD", told),
        ("is", "UPDATE", "NEW", told),
    ):
        yield Note(name, "links", event, "shape", f"{row}.source_uid", f"{row}.target_uid", when=when)


def _of_hangings() -> Iterator[Note]:
    for name, event, row in (
        ("came", "INSERT", "NEW"),
        ("left", "DELETE", "OLD"),
        ("was", "UPDATE", "OLD"),
        ("is", "UPDATE", "NEW"),
    ):
        item, program = f"{row}.item_uid", f"{row}.program_key"
        yield Note(name, "memberships", event, "shape", item, program=program)
        yield Note(name, "item_facets", event, "values", item, when=f"{row}.facet IN ('iteration', 'release')")
        due = _differs("item_uid") if event == "UPDATE" else ""
        yield Note(name, "pending_details", event, "values", item, when=due)
        moved = _differs("source", "key", "item_uid") if event == "UPDATE" else ""
        yield Note(name, "item_aliases", event, "names", item, when=moved)


def _differs(*columns: str) -> str:
    differs = "IS DISTINCT FROM" if _is_postgresql() else "IS NOT"
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _on_sqlite(note: Note) -> Iterator[str]:
    when = f"WHEN {note.when} " if note.when else ""
    yield (
        f"CREATE TRIGGER {_trigger(note)} AFTER {note.event} ON {note.table} {when}BEGIN "  # noqa: S608 - of this file
        f"INSERT INTO network_changes (reach, uid, other_uid, program_key) VALUES ({_values(note)}); END"
    )


def _on_postgresql(note: Note) -> Iterator[str]:
    name, when = _trigger(note), f"WHEN ({note.when}) " if note.when else ""
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608 - of this file
        "INSERT INTO network_changes (reach, uid, other_uid, program_key, xact) "
        f"VALUES ({_values(note)}, pg_current_xact_id()::text::bigint); RETURN NULL; END $$"
    )
    yield f"CREATE TRIGGER {name} AFTER {note.event} ON {note.table} FOR EACH ROW {when}EXECUTE FUNCTION {name}()"


def _values(note: Note) -> str:
    return f"'{note.reach}', {note.uid}, {note.other}, {note.program}"


def _trigger(note: Note) -> str:
    return f"note_{note.table}_{note.name}"


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
