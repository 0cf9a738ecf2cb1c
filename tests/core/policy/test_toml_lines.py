"""A key is found on its line, also beside comments, strings and other tables."""

from __future__ import annotations

import pytest

from core.policy.toml_lines import find_line

TEXT = '''# [[rule]] id = "not this"
schema = 1
[[rule]]
id = "one"
message = """
id = "not this either"
[[rule]]
"""
"how_to_fix" = 'x'
[other]
id = "nor this"
[[rule]]
# id = "two"
  id = "two"
note = """one line"""
effect = "deny"
'''


@pytest.mark.parametrize(
    ("table", "index", "key", "line"),
    [
        ("", 0, "schema", 2),
        ("", 0, "rule", 3),
        ("", 0, "other", 10),
        ("rule", 0, "id", 4),
        ("rule", 0, "message", 5),
        ("rule", 0, "how_to_fix", 9),
        ("other", 0, "id", 11),
        ("rule", 1, "id", 14),
        ("rule", 1, "effect", 16),
        ("rule", 1, "", 12),
        ("rule", 1, "gone", 12),
        ("rule", 2, "id", 0),
        ("", 0, "gone", 0),
    ],
)
def test_a_key_is_found(table: str, index: int, key: str, line: int) -> None:
    assert find_line(TEXT, table=table, index=index, key=key) == line


def test_an_empty_text_has_no_lines() -> None:
    assert find_line("", table="rule", key="id") == 0
