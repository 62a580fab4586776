"""`interlock programs plan`: what applying a programs file would change, program by program."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from service import wording
from service.programs.plan import Plan, ProgramPlan, Sample

SHOWN = 5
SIGNS = {"added": "+", "removed": "-", "changed": "~", "unchanged": " "}


def render_plan(plan: Plan, console: Console) -> None:
    """Each program with its items before and after; then what stands in several programs, and in none."""
    for program in plan.programs:
        _program(program, console)
    _leftovers(plan, console)
    for warning in plan.warnings:
        _say(f"! {warning}", console)
    if not plan.changes_anything:
        console.print("Nothing would change.", style="bold")
    else:
        console.print("Nothing was changed; `interlock programs apply` does it.", style="dim", highlight=False)


def _program(program: ProgramPlan, console: Console) -> None:
    head = Text.assemble(
        f"{SIGNS[program.action]} ", (program.name, "bold"), "  ", (program.key, "dim"), f"  {program.action}"
    )
    console.print(head)
    _say(f"    items     {program.items_before:,} → {program.items_after:,}", console)
    _sample("gained", program.gained, console)
    _sample("lost", program.lost, console)
    _sample("shared", program.double_mapped, console)
    for basis, label in wording.BASES.items():
        before = _numbers((program.progress_before or {}).get(basis), basis)
        after = _numbers((program.progress_after or {}).get(basis), basis)
        if before != after:
            _say(f"    {label.lower():<13} {before} → {after}", console)
    console.print()


def _sample(word: str, sample: Sample, console: Console) -> None:
    if not sample.count:
        return
    _say(f"    {word:<9} {sample.count:,}", console)
    for item in sample.items[:SHOWN]:
        also = f" (in {', '.join(item.programs)})" if item.programs else ""
        _say(f"      {item.key}  {item.title}{also}", console)
    if sample.count > SHOWN:
        _say(f"      and {sample.count - SHOWN:,} more", console)


def _leftovers(plan: Plan, console: Console) -> None:
    if plan.double_mapped.count:
        _say(f"In several programs: {wording.counted(plan.double_mapped.count, 'item')}", console)
    if plan.unmapped_items:
        _say(f"In no program: {wording.counted(plan.unmapped_items, 'item')}", console)
    for project in plan.unmapped:
        name = f"{project.key or project.project_id}  {project.name or ''}".rstrip()
        _say(f"  {project.items:>7,}  {name}  ({project.source})", console)
    if plan.double_mapped.count or plan.unmapped_items:
        console.print()


def _numbers(numbers: Mapping[str, float | None] | None, basis: str) -> str:
    if numbers is None:
        return "none"
    done, total = numbers["done"] or 0, numbers["total"] or 0
    return f"{wording.percent(numbers['value'])} ({wording.amount(done, basis)} of {wording.amount(total, basis)})"


def _say(line: str, console: Console) -> None:
    """As it is: titles hold brackets that are no markup, and long ones fold."""
    console.print(line, highlight=False, markup=False)
