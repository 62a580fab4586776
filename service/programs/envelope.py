"""Puts data into the envelope of every answer: as of when, from which sources, with which warnings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from service.domain.notices import Notice
from service.domain.rollup import DEFINITION_VERSION
from service.programs.answers import Answer, Remark
from service.programs.freshness import oldest_proof, state_of, warnings_about, whole_seconds
from service.store.freshness import SourceFacts

Data = TypeVar("Data")


def enveloped(
    data: Data,
    *,
    sources: Sequence[SourceFacts],
    now: datetime,
    notices: Iterable[Notice] = (),
    as_of: datetime | None = None,
) -> Answer[Data]:
    """`as_of`: the moment that was asked for; else the answer is as of the oldest proof."""
    states = tuple(state_of(facts, now=now) for facts in sources)
    return Answer(
        as_of=oldest_proof(states) if as_of is None else whole_seconds(as_of),
        generated_at=whole_seconds(now),
        definition_version=DEFINITION_VERSION,
        sources=states,
        warnings=tuple(Remark(notice.code, notice.message) for notice in (*warnings_about(states), *notices)),
        data=data,
    )
