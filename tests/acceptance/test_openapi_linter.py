"""The OpenAPI document, judged by Redocly's linter with its strict set of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.packages import install, run

pytestmark = pytest.mark.node

LINTER = Path(__file__).resolve().parents[1] / "linter"


@pytest.fixture
def lint(tmp_path: Path) -> Any:
    program = install(LINTER) / "@redocly" / "cli" / "bin" / "cli.js"

    def lint(document: bytes, *, status: int) -> str:
        (tmp_path / "openapi.json").write_bytes(document)
        command = ["node", str(program), "lint", "openapi.json", "--extends=recommended-strict", "--format=json"]
        return run(*command, cwd=tmp_path, status=status)

    return lint


@pytest.mark.django_db
def test_the_document_breaks_no_rule(client: Any, lint: Any) -> None:
    lint(client.get("/api/v1/openapi.json").content, status=0)


@pytest.mark.django_db
def test_the_linter_sees_a_broken_rule(client: Any, lint: Any) -> None:
    document = client.get("/api/v1/openapi.json").content
    assert "security-defined" in lint(document.replace(b'"security": []', b'"x-none": []', 1), status=1)
