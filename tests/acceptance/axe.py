"""Judge the page that a browser shows with axe-core."""

from __future__ import annotations

import json
from typing import Any

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def judge_by_axe(page: Any, axe: str) -> list[tuple[str, list[str]]]:
    """Return axe-core's serious and critical faults with the elements that have them."""
    page.execute_script(axe)
    result = page.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"axe.run(document, {{runOnly: {json.dumps(TAGS)}}}).then(done, (error) => done({{error: String(error)}}));"
    )
    assert "violations" in result, result
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]])
        for fault in result["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
