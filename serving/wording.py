"""The words of a page in one language, from its file in ``words/``."""

import tomllib
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent


@lru_cache
def words(name: str, lang: str) -> dict[str, str]:
    """Word by key; each file holds both languages.

    >>> words("today", "vi")["title"]
    'Hôm nay'
    """
    table = tomllib.loads((HERE / "words" / f"{name}.toml").read_text(encoding="utf-8"))
    return {key: both[lang] for key, both in table.items()}
