"""Things as JSON, exactly as much of them as was asked; what was encoded once is kept until it changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from connectors.sandbox.asana.fields import FieldValue, definition, shown_value
from connectors.sandbox.asana.selection import BARE, COMPACT, FULL, Selection
from connectors.sandbox.asana.shapes import MISSING, SHAPES
from connectors.sandbox.asana.things import Ref, Stub
from connectors.sandbox.asana.world import World

ENCODE = msgspec.json.Encoder().encode
UNKEPT = {"story", "attachment"}  # read once each, and they may show tasks


class Renderer:
    """A task also shows its parent and its ends of dependencies: they are forgotten with it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: dict[str, dict[Selection, msgspec.Raw]] = {}
        self._others: dict[tuple[Any, Selection], msgspec.Raw] = {}
        world.listeners.append(self._changed)

    def of(self, kind: str, gid: str, selection: Selection) -> msgspec.Raw:
        """The encoded thing; only gid and type of one that is gone or not for this account to see."""
        if kind == "task":
            kept = self._tasks.setdefault(gid, {})
            if (body := kept.get(selection)) is None:
                body = kept[selection] = msgspec.Raw(ENCODE(self._thing(kind, gid, selection)))
            return body
        if kind in UNKEPT:
            return msgspec.Raw(ENCODE(self._thing(kind, gid, selection)))
        return self._once((kind, gid), selection)

    def value(self, value: Any, selection: Selection) -> Any:
        """A value with its references written out as the selection beneath its name says."""
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, Ref):
            return self.of(*value, selection)
        if isinstance(value, Stub):
            return {"gid": value.gid, "resource_type": value.kind}
        if isinstance(value, FieldValue):
            return self._once(value, selection)
        if isinstance(value, dict):
            return self._structure(value, selection)
        return [self.value(each, selection) for each in value]

    def _once(self, what: Any, selection: Selection) -> msgspec.Raw:
        key = (what, selection)
        if (body := self._others.get(key)) is None:
            if isinstance(what, FieldValue):
                shown = self._structure(shown_value(self._world, what), COMPACT if not selection.names else selection)
            else:
                shown = self._thing(what[0], what[1], selection)
            body = self._others[key] = msgspec.Raw(ENCODE(shown))
        return body

    def _thing(self, kind: str, gid: str, selection: Selection) -> dict[str, Any]:
        shown: dict[str, Any] = {"gid": gid, "resource_type": kind}
        world = self._world
        if kind != "enum_option" and not world.sees(kind, gid):
            return shown
        thing = world.look_up(kind, gid)
        if thing is None:
            return shown
        whole = selection is FULL or selection is COMPACT
        if kind == "custom_field":
            row = definition(world, thing)
            return self._structure(row, COMPACT if whole else selection) if whole or selection.names else shown
        shape = SHAPES[kind]
        names: Iterable[str] = selection.names
        if whole:
            names = shape.full if selection is FULL else shape.compact
        for name in names:
            reader = shape.readers.get(name)
            if reader is None:
                continue
            value = reader(world, thing)
            if value is not MISSING:
                shown[name] = self.value(value, COMPACT if whole else selection.names[name])
        return shown

    def _structure(self, row: dict[str, Any], selection: Selection) -> dict[str, Any]:
        """An object without a gid of its own, or with one that is no reference; bare it shows all it has."""
        if not selection.names:
            inner = COMPACT if selection is COMPACT else BARE
            return {name: self.value(value, inner) for name, value in row.items()}
        shown: dict[str, Any] = {name: row[name] for name in ("gid", "resource_type") if name in row}
        for name, inner in selection.names.items():
            if name in row:
                shown[name] = self.value(row[name], inner)
        return shown

    def _changed(self, gid: str | None) -> None:
        if gid is None:
            self._tasks.clear()
            self._others.clear()
            return
        task = self._world.tasks[gid]
        around = (gid, *task.subtasks, *task.dependencies, *task.dependents)
        for each in (*around, task.parent) if task.parent else around:
            self._tasks.pop(each, None)
