"""The OpenAPI document arranged for reading: groups of operations, each with parameters, examples and a curl line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str  # path | query
    required: bool
    choices: tuple[str, ...]
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One status: what it means, and an example when there is one."""

    status: str
    description: str
    example: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str | None  # that it asks for; None: it is open to everybody
    parameters: tuple[Parameter, ...]
    outcomes: tuple[Outcome, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    description: str
    operations: tuple[Operation, ...]


def operations(document: Mapping[str, Any], *, base: str) -> list[Group]:
    """The operations by tag, in the order of the document. `base` begins the addresses of the curl lines."""
    found = list(_all(document, base))
    return [
        Group(tag["name"], tag.get("description", ""), tuple(each for name, each in found if name == tag["name"]))
        for tag in document.get("tags", [])
    ]


def _all(document: Mapping[str, Any], base: str) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield said.get("tags", [""])[0], _operation(method.upper(), path, said, base)


def _operation(method: str, path: str, said: Mapping[str, Any], base: str) -> Operation:
    parameters = tuple(_parameter(each) for each in said.get("parameters", []))
    return Operation(
        id=said["operationId"],
        method=method,
        path=path,
        summary=said.get("summary", ""),
        description=said.get("description", ""),
        scope=said.get("x-interlock-scope"),
        parameters=parameters,
        outcomes=tuple(_outcome(status, each) for status, each in said["responses"].items()),
        curl=_curl(method, path, said, base),
    )


def _parameter(said: Mapping[str, Any]) -> Parameter:
    schema = said.get("schema", {})
    default = schema.get("default")
    return Parameter(
        name=said["name"],
        place=said["in"],
        required=said.get("required", False),
        choices=tuple(_choices(schema)),
        default=None if default is None else str(default),
        description=said.get("description", ""),
    )


def _choices(schema: Mapping[str, Any]) -> list[str]:
    if "enum" in schema:
        return [str(choice) for choice in schema["enum"]]
    parts = [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return [choice for part in parts for choice in _choices(part)]


def _outcome(status: str, said: Mapping[str, Any]) -> Outcome:
    for content in said.get("content", {}).values():
        examples = [each["value"] for each in content.get("examples", {}).values()]
        example = content.get("example", examples[0] if examples else None)
        if example is not None:
            return Outcome(status, said.get("description", ""), json.dumps(example, indent=2, ensure_ascii=False))
    return Outcome(status, said.get("description", ""), None)


def _curl(method: str, path: str, said: Mapping[str, Any], base: str) -> str:
    address = path
    for each in said.get("parameters", []):
        examples = each.get("schema", {}).get("examples", [])
        if each["in"] == "path":
            address = address.replace(f"{{{each['name']}}}", str(examples[0]) if examples else "1")
    words = ["curl", *([] if method == "GET" else ["-X", method])]
    if "requestBody" in said:
        words += ["-H", "Content-Type: application/yaml", "--data-binary", "@programs.yaml"]
    return " ".join([*(quote(word) for word in words), quote(base + address)])
