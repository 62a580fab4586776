"""Configuration files in which a test changes one thing, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.settings import ConfigInvalid, Settings, load_settings

GOOD = """
sources:
  - name: acme-jira
    kind: jira-cloud
    url: https://acme.atlassian.net
    auth: {email: pat@example.com, token: "${JIRA_TOKEN}"}
    scope: {projects: [PAY, CART]}
"""

ASANA = """
sources:
  - name: acme-asana
    kind: asana
    auth: {token: "${ASANA_TOKEN}"}
"""


def accepted(directory: Path, text: str) -> Settings:
    file = directory / "interlock.yaml"
    file.write_text(text)
    return load_settings(file, environment={"ASANA_TOKEN": "s3cret"})


def refused(directory: Path, text: str, **variables: str) -> list[str]:
    file = directory / "interlock.yaml"
    file.write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(file, environment=variables)
    return caught.value.problems
