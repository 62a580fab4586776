"""What rules name and no tool has is found and told with what to do about it."""

from __future__ import annotations

from service.domain.mapping import ProgramDefinition, Rule, Workstream
from service.domain.unmet import Named, Standing, Unmet, Vocabulary, unmet_in

JIRA, ASANA = "acme-jira", "acme-asana"
VOCABULARY: Vocabulary = {
    "source": [Named("", (JIRA,)), Named("", (ASANA,))],
    "project": [
        Named(JIRA, ("PAY", "Payments", "10100")),
        Named(JIRA, ("OLD", "Old shop", "10200"), Standing.ARCHIVED),
        Named(JIRA, ("CART", "Web shop", "10300"), Standing.GONE),
        Named(ASANA, ("900", "Launch", "900"), Standing.OUT_OF_SCOPE),
        Named(ASANA, ("901", "Cart", "901")),
    ],
    "field": [Named(JIRA, ("Team", "customfield_1"))],
    "status": [Named(JIRA, ("Done", "3"))],
    "portfolio": [],
}


def a_program(*include: Rule, **values: tuple[Rule, ...] | tuple[Workstream, ...]) -> ProgramDefinition:
    return ProgramDefinition("CHECKOUT", "Checkout", include, **values)  # type: ignore[arg-type]


def found(*include: Rule) -> list[tuple[str, str, Standing | None]]:
    return [(each.matcher, each.value, each.standing) for each in unmet_in(a_program(*include), VOCABULARY)]


def test_what_is_there_by_key_name_id_or_pattern_is_met_whatever_its_case() -> None:
    assert found(Rule({"project": ("pay", "PAYMENTS", "10100", "Pay*")}), Rule({"field:team": ("Ants",)})) == []


def test_how_a_project_is_doing_decides_what_is_said() -> None:
    assert found(Rule({"project": ("OLD", "Web shop", "Launch", "NEW")})) == [
        ("project", "OLD", Standing.ARCHIVED),
        ("project", "Web shop", Standing.GONE),
        ("project", "Launch", Standing.OUT_OF_SCOPE),
        ("project", "NEW", None),
    ]


def test_a_rule_that_names_its_source_is_looked_up_there_alone() -> None:
    assert found(Rule({"project": ("CART",), "source": (JIRA,)})) == [("project", "CART", Standing.GONE)]
    assert found(Rule({"project": ("CART",), "source": ("*asana",)})) == []
    assert found(Rule({"project": ("CART",)})) == []  # the Asana has one


def test_a_field_is_named_by_its_matcher_and_a_source_by_its_value() -> None:
    assert found(Rule({"field:Squad": ("Ants",)}), Rule({"source": ("acme",)})) == [
        ("field", "Squad", None),
        ("source", "acme", None),
    ]


def test_of_what_no_tool_was_asked_about_nothing_is_said() -> None:
    assert found(Rule({"portfolio": ("Commerce",)}), Rule({"label": ("checkout",), "key": ("PAY-1",)})) == []


def test_exclusions_and_workstreams_are_looked_at_too_and_each_thing_is_told_once() -> None:
    slip = Rule({"status": ("Dnoe",)})
    program = a_program(Rule({"project": ("PAY",)}), exclude=(slip, slip), workstreams=(Workstream("Done", slip),))

    assert [each.to_text() for each in unmet_in(program, VOCABULARY)] == [
        'status "Dnoe" (rule "status Dnoe, with descendants"): no source has one; correct the programs file and '
        "apply it."
    ]


def test_each_standing_has_its_own_words_and_remedy() -> None:
    def told(standing: Standing) -> str:
        return Unmet("CHECKOUT", "project PAY", "project", "PAY", JIRA, standing).to_text()

    assert told(Standing.GONE) == (
        'project "PAY" (rule "project PAY"): gone from acme-jira, deleted or hidden from our account; give the '
        "account the right to browse it, or take it out of the programs file."
    )
    assert told(Standing.ARCHIVED) == (
        'project "PAY" (rule "project PAY"): archived in acme-jira, so its items do not count; take it out or bring '
        "it back."
    )
    assert told(Standing.OUT_OF_SCOPE) == (
        'project "PAY" (rule "project PAY"): not pulled from acme-jira; add it to the scope of the source.'
    )
