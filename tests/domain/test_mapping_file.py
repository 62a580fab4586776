"""A programs file is read whole, or refused with every problem, its line and what would be right."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain.mapping import DeclaredDependency, ProgramDefinition, Rule, Workstream
from service.domain.mapping_file import ProgramsFileInvalid, parse_programs

SOURCES = ("acme-jira", "acme-asana")
MATCHERS = (
    "source, project, item_type, level, key, epic, parent, label, component, release, iteration, team, "
    "assignee, status, status_category, section, tag, portfolio, field"
)

CHECKOUT = """
programs:
  - key: CHECKOUT
    name: Checkout replatform
    objective: One checkout for web and app
    owner: pat@example.com
    start: 2026-01-05
    target: 2026-12-18
    count_subtasks: true
    include:
      - {source: acme-jira, project: [PAY, CART], item_type: [Epic, Story, Bug]}
      - {source: acme-jira, label: checkout, descendants: false}
      - {source: acme-asana, project: "Checkout launch"}
      - {field: {Cost centre: "A*"}, customfield_10020: 1.0}
    exclude:
      - {status: "Won't Do"}
    workstreams:
      - {name: Payments, match: {project: PAY}}
    dependencies:
      - {from: "acme-asana:1201", to: "acme-jira:PAY-12", lag_days: 2}
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(ProgramsFileInvalid) as refused:
        parse_programs(text, sources=SOURCES)
    return [str(each) for each in refused.value.problems]


def in_a_program(rest: str) -> str:
    """A program whose own lines are 2 and 3; `rest` starts at line 4."""
    return f"programs:\n  - key: A\n    name: A\n{rest}"


def test_every_part_of_a_program_is_read() -> None:
    (program,) = parse_programs(CHECKOUT, sources=SOURCES).programs

    assert program == ProgramDefinition(
        key="CHECKOUT",
        name="Checkout replatform",
        objective="One checkout for web and app",
        owner="pat@example.com",
        start=date(2026, 1, 5),
        target=date(2026, 12, 18),
        count_subtasks=True,
        include=(
            Rule({"source": ("acme-jira",), "project": ("PAY", "CART"), "item_type": ("Epic", "Story", "Bug")}),
            Rule({"source": ("acme-jira",), "label": ("checkout",)}, descendants=False),
            Rule({"source": ("acme-asana",), "project": ("Checkout launch",)}),
            Rule({"field:Cost centre": ("A*",), "field:customfield_10020": ("1.0",)}),
        ),
        exclude=(Rule({"status": ("Won't Do",)}, descendants=False),),
        workstreams=(Workstream("Payments", Rule({"project": ("PAY",)})),),
        dependencies=(DeclaredDependency("acme-asana:1201", "acme-jira:PAY-12", 2),),
    )
    assert [rule.line for rule in program.include] == [11, 12, 13, 14]


def test_a_file_may_be_json() -> None:
    text = '{"programs": [{"key": "A", "name": "A", "include": [{"project": "PAY"}]}]}'

    assert parse_programs(text).programs[0].include == (Rule({"project": ("PAY",)}),)


def test_an_unknown_matcher_is_named_with_its_path_and_the_word_that_was_meant() -> None:
    assert problems_of(in_a_program("    include:\n      - {label: x}\n      - {projct: PAY, label: x}\n")) == [
        "line 6: programs[0].include[1].projct: unknown key `projct`; did you mean `project`? "
        f"Allowed are {MATCHERS}, descendants"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """
programs:
  - key: A/B
    name: [x]
    start: 2026-13-05
    include: []
    owners: pat
  - key: B
    name: B
    start: 2026-02-01
    target: 2026-01-01
    include:
      - {source: acme-jria}
      - {status_category: inprogress, level: epic}
      - {descendants: true}
      - {project: [], label: }
    dependencies:
      - {from: acme-asana, lag_days: x}
"""
    assert problems_of(text) == [
        "line 3: programs[0].key: “A/B” cannot stand in an address; use up to 64 letters, digits, `-`, `_` and `.`",
        "line 4: programs[0].name: must be a text, not a list",
        "line 5: programs[0].start: “2026-13-05” is no day; write it like 2026-12-18",
        "line 6: programs[0].include: is empty; list at least one rule, such as {project: PAY}",
        "line 7: programs[0].owners: unknown key `owners`; did you mean `owner`? Allowed are key, name, objective, "
        "owner, start, target, count_subtasks, include, exclude, workstreams, dependencies, confirm_suggested",
        "line 11: programs[1].target: lies before start, 2026-02-01; give a later day",
        "line 13: programs[1].include[0].source: no source is called “acme-jria”; did you mean `acme-jira`? "
        "Allowed are acme-asana, acme-jira",
        "line 14: programs[1].include[1].level: “epic” is no level; -1 is a sub-task, 0 standard, 1 an epic, "
        "2 and more above",
        "line 14: programs[1].include[1].status_category: “inprogress” is no status category; did you mean "
        "`in_progress`? Allowed are to_do, in_progress, done, cancelled",
        f"line 15: programs[1].include[2]: would match everything; name at least one of {MATCHERS}",
        "line 16: programs[1].include[3].project: is an empty list, which nothing can match; give a value or remove it",
        "line 16: programs[1].include[3].label: must be a text, not nothing",
        "line 18: programs[1].dependencies[0]: `to` is missing; needed are from, to",
        "line 18: programs[1].dependencies[0].lag_days: “x” is no whole number of days; write for example 2",
        "line 18: programs[1].dependencies[0].from: “acme-asana” must be written as source:KEY or source:id",
    ]


def test_program_keys_that_differ_in_letter_case_alone_are_the_same() -> None:
    text = "programs:\n  - {key: a, name: b, include: [{label: x}]}\n  - {key: A, name: b, include: [{label: x}]}\n"

    assert problems_of(text) == ["line 3: programs[1].key: “A” is taken by line 2; each key stands once"]


def test_a_repeated_key_is_refused_rather_than_the_last_one_taken() -> None:
    assert problems_of(in_a_program("    include: [{label: x, label: y}]\n")) == [
        "line 4: programs[0].include[0].label: stands twice; keep one `label`"
    ]


def test_an_exclude_cannot_reach_descendants() -> None:
    text = in_a_program("    include: [{label: x}]\n    exclude: [{label: y, descendants: true}]\n")

    assert problems_of(text) == [
        "line 5: programs[0].exclude[0].descendants: an exclude takes out the item alone, never what stands "
        "below it; remove this key"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty; it needs a list under `programs`"),
        ("3", "line 1: the file must be a mapping with programs, not “3”"),
        ("programs:", "line 1: programs: must be a list, not nothing; start its entries with `- `"),
        ("program: []", "line 1: program: unknown key `program`; did you mean `programs`? Allowed are programs"),
        ("a: &a [*a]", "line 1: not readable as YAML: anchors and aliases are not read; repeat the value"),
        ("[" * 5000, "line 1: nested too deeply to be read"),
        ("programs: !!python/object:os.system {}", "line 1: programs: must be a list, not a mapping; start its "
         "entries with `- `"),
        ("x" * 1_000_001, "line 1: the file has 1,000,001 characters; at most 1,000,000 are read"),
    ],
)  # fmt: skip
def test_what_is_no_programs_file_is_refused_in_one_sentence(text: str, problem: str) -> None:
    assert problem in problems_of(text)


def test_sources_are_not_checked_when_none_are_given() -> None:
    assert parse_programs(in_a_program("    include: [{source: elsewhere}]\n")).programs[0].key == "A"


def test_what_confirms_suggested_edges_is_read_as_rules_over_pointers() -> None:
    (program,) = parse_programs(
        in_a_program(
            "    include: [{project: PAY}]\n"
            "    confirm_suggested:\n"
            "      - {source: acme-jira, origin: [web_link, attachment]}\n"
            '      - {origin: "field:1203"}\n'
            "      - {source: acme-*}\n"
        ),
        sources=SOURCES,
    ).programs

    assert program.confirm_suggested == (
        Rule({"origin": ("web_link", "attachment"), "source": ("acme-jira",)}, descendants=False),
        Rule({"origin": ("field:1203",)}, descendants=False),
        Rule({"source": ("acme-*",)}, descendants=False),
    )
    assert program.confirm_suggested[0].describe() == "origin web_link or attachment, source acme-jira"
    assert [rule.line for rule in program.confirm_suggested] == [6, 7, 8]


def test_what_would_confirm_nothing_or_everything_is_refused_with_line_and_path() -> None:
    assert problems_of(
        in_a_program(
            "    include: [{project: PAY}]\n"
            "    confirm_suggested:\n"
            "      - {}\n"
            "      - {origin: weblink}\n"
            "      - {origin: [], source: acme-jirra}\n"
            "      - {orgin: text}\n"
            "      - web_link\n"
        )
    ) == [
        "line 6: programs[0].confirm_suggested[0]: would confirm everything; name at least one of origin, source",
        "line 7: programs[0].confirm_suggested[1].origin: “weblink” is no place that a pointer is found in; "
        "did you mean `web_link`? Allowed are web_link, attachment, text, field, field:<id>",
        "line 8: programs[0].confirm_suggested[2].origin: is an empty list, which nothing can match; "
        "give a value or remove it",
        "line 8: programs[0].confirm_suggested[2].source: no source is called “acme-jirra”; did you mean `acme-jira`? "
        "Allowed are acme-asana, acme-jira",
        "line 9: programs[0].confirm_suggested[3].orgin: unknown key `orgin`; did you mean `origin`? "
        "Allowed are origin, source",
        "line 10: programs[0].confirm_suggested[4]: programs[0].confirm_suggested[4] must be a mapping with origin, "
        "source, not “web_link”",
    ]
