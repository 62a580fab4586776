"""The sections of a report that are figures: progress, forecast, baseline, trend, scope and flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from service import wording
from service.programs.answers import CountProgress, WeightedProgress
from service.programs.baseline_answers import DateVariance, EarnedValueData, Fates
from service.programs.chances import ChanceData, DatesAt
from service.programs.flow_answers import Percentiles, WipData
from service.programs.report_answers import (
    NetworkForecast,
    ReportBaseline,
    ReportFlow,
    ReportForecast,
    ReportProgress,
    ReportScope,
    ReportTrend,
    Standing,
)
from service.programs.report_page import Bullets, BurnUp, Line, Paragraph, Section, Table, line, strong, text
from service.programs.trend_answers import ScopeTotals

UNKNOWN: Final = "unknown"
AS_KEPT: Final = "As the track record asks, no work added"


def progress_section(told: ReportProgress) -> Section:
    now, before = told.now, told.before
    heads = ("", _or_now(now.day), _then(before), "Change")
    rows = (
        _row("Items done", now, before, _items, lambda a, b: _change(a.count, b.count)),
        _row("Story points done", now, before, _points, lambda a, b: _change(a.points, b.points)),
        _row("Items in progress", now, before, _doing, lambda a, b: _more(a.count.in_progress - b.count.in_progress)),
    )
    said = [_coverage(now.points), told.reason or ""]
    notes = [Paragraph(line(each), quiet=True) for each in said if each]
    return Section("Progress", (Table("Progress", heads, rows, frozenset({1, 2, 3})), *notes), now.more)


def forecast_section(told: ReportForecast, *, whole: bool) -> Section:
    """`whole`: with a table of the days, by either model."""
    message = Paragraph(line(f"{told.message} ", text("How it is made", told.more)))
    record = Paragraph(_record(told, whole=whole))
    if not whole:
        return Section("Forecast", (message, record), told.more)
    known = told.dates is not None or (told.network is not None and told.network.dates is not None)
    return Section("Forecast", (message, *((_dates(told),) if known else ()), *_network(told), record), told.more)


def baseline_section(told: ReportBaseline, zone: ZoneInfo, *, then: date | None) -> Section:
    """`then` is the day of an earlier report, None for one of now."""
    schedule, baseline = told.schedule, told.baseline
    rows = (
        _dated("Start", schedule.start, told.more),
        _dated("Finish", schedule.finish, told.more),
        _dated("Target", schedule.target, told.more),
    )
    taken = wording.day(baseline.as_of.astimezone(zone).date())
    table = Table("Against the baseline", ("", "Baseline", _or_now(then), "Change"), rows, frozenset({1, 2, 3}))
    name = line(strong(baseline.name, told.more), f", of {taken}: {_fates(told.items)}.")
    return Section(
        "Against the baseline", (Paragraph(name), table, Paragraph(_earned(told.earned, told.more))), told.more
    )


def trend_section(told: ReportTrend) -> Section:
    rows = [
        (
            line(wording.day(each.date)),
            line(text(f"{each.count.done:,}", told.more)),
            line(f"{each.count.total:,}"),
            line(wording.amount(each.points.done, "points")),
            line(wording.amount(each.points.total, "points")),
        )
        for each in told.points
    ]
    heads = ("Up to", "Items done", "Items in all", "Points done", "Points in all")
    table = Table("Week by week", heads, rows, frozenset({1, 2, 3, 4}))
    if len(told.points) < 2:
        return Section("Week by week", (table,), told.more)
    drawing = BurnUp(
        "Items done, below all items",
        done=[each.count.done for each in told.points],
        total=[each.count.total for each in told.points],
        first=wording.day(told.points[0].date),
        last=wording.day(told.points[-1].date),
    )
    return Section("Week by week", (drawing, table), told.more)


def scope_section(told: ReportScope, since: date) -> Section:
    totals, after = told.totals, told.totals.after
    grown = _more(after.items - totals.before.items)
    items = (
        f" as against the beginning of {wording.day(since)}: {grown} ({_growth(totals.growth_items)}); "
        f"{totals.added.items:,} added, {totals.removed.items:,} removed."
    )
    lines = [line(text(wording.counted(after.items, "item"), told.more), items)]
    if after.points or totals.before.points:
        lines.append(
            line(text(f"{wording.amount(after.points, 'points')} story points", told.more), _points_of(totals))
        )
    return Section("Scope", (Bullets(tuple(lines)),), told.more)


def flow_section(told: ReportFlow) -> Section:
    window = told.window
    span = f"{wording.day(window.first)} to {wording.day(window.last)}"
    pace = UNKNOWN if told.finished_a_week is None else f"{told.finished_a_week:.1f}"
    finished = f" in {wording.counted(window.weeks, 'complete week')}, {span}: {pace} a week."
    lines = (
        line("Finished: ", text(wording.counted(told.finished, "item"), told.more), finished),
        _duration("Cycle time", told.cycle_time, told.more),
        _duration("Lead time", told.lead_time, told.more),
        _wip(told.wip, told.more),
    )
    return Section("Flow", (Bullets(lines),), told.more)


def _then(before: Standing | None) -> str:
    return "Then" if before is None or before.day is None else f"As {wording.day(before.day)} began"


def _row(
    name: str,
    now: Standing,
    before: Standing | None,
    said: Callable[[Standing], str],
    change: Callable[[Standing, Standing], str],
) -> tuple[Line, ...]:
    if before is None:
        return line(name), line(text(said(now), now.more)), line(UNKNOWN), line(UNKNOWN)
    return (
        line(name),
        line(text(said(now), now.more)),
        line(text(said(before), before.more)),
        line(change(now, before)),
    )


def _items(told: Standing) -> str:
    count = told.count
    if count.value is None:
        return f"{UNKNOWN}: {wording.REASONS['empty_scope']}"
    return f"{count.done:,} of {count.total:,} ({_share(count)})"


def _points(told: Standing) -> str:
    points = told.points
    if points.value is None:
        return f"{UNKNOWN}: {wording.REASONS.get(points.reason or '', points.reason or '')}"
    done, total = wording.amount(points.done, "points"), wording.amount(points.total, "points")
    return f"{done} of {total} ({_share(points)})"


def _coverage(points: WeightedProgress) -> str:
    if points.value is None or points.coverage == 1:
        return ""
    return f"Story points: {wording.percent(points.coverage)} of the items have any."


def _doing(told: Standing) -> str:
    return f"{told.count.in_progress:,}"


def _share(progress: CountProgress | WeightedProgress) -> str:
    return UNKNOWN if progress.value is None else wording.percent(progress.value)


def _change(now: CountProgress | WeightedProgress, before: CountProgress | WeightedProgress) -> str:
    """Of what is done, and of all where that moved as well."""
    if now.value is None or before.value is None:
        return UNKNOWN
    done, total = now.done - before.done, now.total - before.total
    return f"{_more(done)}, {_more(total)} in all" if total else _more(done)


def _more(value: float) -> str:
    amount = wording.amount(abs(value), "points")
    return "as many" if amount == "0" else f"{amount} {'more' if value > 0 else 'fewer'}"


def _record(told: ReportForecast, *, whole: bool) -> Line:
    """The badge, what it rests on and, where no table has it, the day that it asks for."""
    kept = told.calibration.recalibrated
    asked = f" By its track record: {_reached(kept.p85)} with 85 %." if kept is not None and not whole else ""
    badge = text(told.calibration.badge, told.record)
    return line("Track record: ", badge, f". {told.calibration.message}{asked}")


def _dates(told: ReportForecast) -> Table:
    target = "By the target" if told.target is None else f"By {wording.day(told.target)}"
    rows = (
        _finish("As fast as so far, no work added", told.dates, told.on_target, told.more),
        _finish("As fast as so far, scope grows as it did", told.with_growth, told.on_target_with_growth, told.more),
        _finish("By what waits for what", *_of_network(told.network), told.more),
        *((_finish(AS_KEPT, kept, None, told.record),) if (kept := told.calibration.recalibrated) else ()),
    )
    return Table("Days by which all is done", ("", "50 %", "85 %", "95 %", target), rows, frozenset({1, 2, 3, 4}))


def _finish(name: str, dates: DatesAt | None, chance: ChanceData | None, more: str) -> tuple[Line, ...]:
    if dates is None:
        return line(name), *([line(UNKNOWN)] * 4)
    days = [line(text(_reached(each), more)) for each in (dates.p50, dates.p85, dates.p95)]
    return line(name), *days, line(_chance(chance))


def _reached(day: date | None) -> str:
    return "beyond five years" if day is None else wording.day(day)


def _chance(chance: ChanceData | None) -> str:
    if chance is None:
        return UNKNOWN
    value, low, high = (wording.percent(each) for each in (chance.value, chance.low, chance.high))
    return f"{value} ({low} to {high})"


def _of_network(told: NetworkForecast | None) -> tuple[DatesAt | None, ChanceData | None]:
    return (None, None) if told is None else (told.dates, told.on_target)


def _network(told: ReportForecast) -> tuple[Paragraph, ...]:
    """Why the second model has no days, where it has none; else that the track record is not that of its days."""
    if told.network is None:
        message = "nothing of it was there."
    elif told.network.dates is not None:
        message = told.network.track_record.message
    elif told.network.message != told.message:
        message = told.network.message
    else:
        return ()
    return (Paragraph(line(f"By what waits for what: {message}"), quiet=True),)


def _or_now(then: date | None) -> str:
    return "Now" if then is None else wording.day(then)


def _dated(name: str, told: DateVariance, more: str) -> tuple[Line, ...]:
    return (
        line(name),
        line(text(_known(told.baseline), more)),
        line(text(_known(told.now), more)),
        line(_late(told.days)),
    )


def _known(day: date | None) -> str:
    return UNKNOWN if day is None else wording.day(day)


def _late(days: int | None) -> str:
    if days is None:
        return UNKNOWN
    many = wording.counted(abs(days), "working day")
    return "as planned" if not days else f"{many} {'later' if days > 0 else 'earlier'}"


def _fates(items: Fates) -> str:
    """What became of its items."""
    told = ((items.added, "added"), (items.removed, "removed"), (items.split, "split"))
    moved = [f"{number:,} {word}" for number, word in told if number]
    return f"{wording.counted(items.kept, 'item')} kept{''.join(f', {each}' for each in moved)}"


def _earned(told: EarnedValueData, more: str) -> Line:
    """Earned schedule in a sentence: how much was to be done, how much is, and where that pace leads."""
    if not told.bac or told.ev is None or told.pv is None:
        why = (told.reason or "not told").replace("_", " ")
        return line(f"Earned schedule: {UNKNOWN} ({why}).")
    planned, done = wording.percent(told.pv / told.bac), wording.percent(told.ev / told.bac)
    amount = f"{done} of the baseline's {told.unit} is done, {planned} was to be by now"
    schedule = told.schedule
    if schedule is None or schedule.spi_t is None:
        why = (told.reason or "nothing was to be done yet").replace("_", " ")
        return line("Earned schedule: ", text(amount, more), f". Pace: {UNKNOWN} ({why}).")
    pace = f". Pace: {schedule.spi_t:.2f} of the plan's (SPI(t))"
    if schedule.forecast_finish is None:
        return line("Earned schedule: ", text(amount, more), f"{pace}; where it leads is {UNKNOWN}.")
    leads = f"; at that pace it ends on {wording.day(schedule.forecast_finish)}, {_late(schedule.finish_days)}."
    return line("Earned schedule: ", text(amount, more), f"{pace}{leads}")


def _points_of(totals: ScopeTotals) -> str:
    """How they have grown, and how much of that is old work thought bigger."""
    grown = f": {_more(totals.after.points - totals.before.points)} ({_growth(totals.growth_points)})"
    anew = totals.estimates.raised.points - totals.estimates.lowered.points
    return f"{grown}; {_more(anew)} by new estimates alone." if anew else f"{grown}."


def _growth(share: float | None) -> str:
    """Of the scope then."""
    return (
        f"growth {UNKNOWN}" if share is None else f"{'+' if share > 0 else '−' if share < 0 else '±'}{abs(share):.0%}"
    )


def _duration(name: str, told: Percentiles, more: str) -> Line:
    if told.p50 is None:
        return line(f"{name}: {UNKNOWN}, nothing was finished of which it can be told.")
    sample = f"n = {told.n:,}{', a small sample' if told.small_sample else ''}"
    half, likely, nearly = (wording.counted(each or 0, "day") for each in (told.p50, told.p85, told.p95))
    return line(
        f"{name}: ", text(f"half within {half}", more), f", 85 % within {likely}, 95 % within {nearly} ({sample})."
    )


def _wip(told: WipData, more: str) -> Line:
    ageing = told.ageing + told.stale
    older = f", {ageing:,} older than usual" if ageing else ""
    unknown = f", of {told.unknown:,} it is {UNKNOWN}" if told.unknown else ""
    oldest = "" if told.oldest_days is None else f"; the oldest for {wording.counted(told.oldest_days, 'day')}"
    return line("In progress now: ", text(wording.counted(told.items, "item"), more), f"{older}{unknown}{oldest}.")
