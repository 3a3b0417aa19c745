"""Text that every tokenizer accepts."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """Replace lone surrogates by U+FFFD.

    Half an emoji, as JSON that was cut leaves it, has no UTF-8 form, and tokenizers raise a TypeError on it. The
    sentence keeps its text in the report; only the model reads the replacement.
    """
    return _LONE.sub("\ufffd", text)


def encodable_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Replace lone surrogates on both sides of pairs."""
    return [(encodable(premise), encodable(hypothesis)) for premise, hypothesis in pairs]
