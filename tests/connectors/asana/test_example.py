"""The whole example Asana: every visible task once, equal from each of its projects, and nothing odd about it."""

from __future__ import annotations

from datetime import date

from connectors.contract import RawItem
from connectors.items import Facet, SourceItem, StatusCategory
from connectors.sandbox.asana.portfolio import generate_asana_portfolio
from connectors.sandbox.asana.site import AsanaSite
from connectors.sandbox.portfolio import generate_portfolio
from tests.connectors.asana.support import connected, crawl

TODAY = date(2026, 11, 20)
JIRA_URL = "https://jira.example.com"


def the_example() -> AsanaSite:
    return generate_asana_portfolio(generate_portfolio(issues=300, today=TODAY), JIRA_URL, today=TODAY)


async def read_everything(site: AsanaSite) -> dict[str, SourceItem]:
    """Every item with its history; fails where two projects show one task differently."""
    async with connected(site) as (source, _):
        await source.connect()
        normalise = source.build_normaliser((await source.discover()).payloads)
        raw: dict[str, RawItem] = {}
        for scope in (await source.scopes())[0]:
            for item in (await crawl(source, scope)).items:
                assert raw.setdefault(item.record.native_id, item) == item
        return {
            each.native_id: normalise(RawItem(raw[each.native_id].record, raw[each.native_id].extras + each.records))
            async for each in source.details(list(raw))
        }


async def test_the_example_arrives_whole_and_as_its_site_says() -> None:
    site = the_example()
    items = await read_everything(site)

    visible = {gid for gid, task in site.tasks.items() if site.sees("task", gid) and not task.is_rendered_as_separator}
    assert set(items) == visible
    assert not [item for item in items.values() if item.warnings]
    for gid, item in items.items():
        task = site.tasks[gid]
        assert item.title == task.name
        assert item.parent_id == task.parent
        homes = [each.native_id for each in item.facets if each.facet is Facet.PROJECT]
        assert homes == [home.project for home in task.homes if home.project not in site.hidden]
        assert {each.source_id for each in item.links} == set(task.dependencies)
        assert (item.status_category in {StatusCategory.DONE, StatusCategory.CANCELLED}) or not task.completed
        assert (item.resolved_at is not None) == task.completed
        assert str(item.due) == str(task.due_on)
        assert item.project_id


async def test_the_example_points_at_jira_from_fields_attachments_and_notes() -> None:
    items = await read_everything(the_example())

    found = [each for item in items.values() for each in item.references]
    assert {each.origin.partition(":")[0] for each in found} == {"field", "attachment", "text"}
    assert all("-" in each.target for each in found)
    assert any(each.target.startswith(f"{JIRA_URL}/browse/") for each in found)


async def test_done_work_of_the_example_knows_when_it_was_done_and_mostly_when_it_began() -> None:
    items = await read_everything(the_example())

    done = [item for item in items.values() if item.status_category is StatusCategory.DONE]
    assert done
    assert all(item.done_at is not None for item in done)
    assert all(item.started_at is None or item.done_at is None or item.started_at <= item.done_at for item in done)
    assert sum(item.started_at is not None for item in done) > len(done) / 2
