"""The baseline: SQLite's FTS5 over the same lines, with the synonym file, through sqlite-utils."""

from collections.abc import Callable, Iterable

import sqlite_utils

from knowledge.search.library import Library
from knowledge.search.tokens import telling, words_of


def baseline(made: Library) -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    """Rank causes and passages with FTS5; a label is as good as its best line."""
    return _ranker(made, made.story_lines), _ranker(made, made.question_lines)


def _ranker(made: Library, lines: Iterable[tuple[str, str]]) -> Callable[[str], list[str]]:
    database = sqlite_utils.Database(memory=True)
    database["lines"].insert_all(
        {"label": label, "text": text, "terms": " ".join(_terms(made, text))} for label, text in lines
    )
    database["lines"].enable_fts(["terms"], tokenize="porter unicode61")

    def rank(text: str) -> list[str]:
        terms = [f'"{term}"' for term in _terms(made, text)]
        if not terms:
            return []
        found = database.query(
            "select label from lines join lines_fts on lines.rowid = lines_fts.rowid "
            "where lines_fts match ? order by bm25(lines_fts), lines.rowid limit 60",
            [" OR ".join(terms)],
        )
        return list(dict.fromkeys(row["label"] for row in found))

    return rank


def _terms(made: Library, text: str) -> list[str]:
    words = words_of(text)
    return [*telling(words), *(f"concept{name.replace('-', '')}" for name in made.concepts_in(words))]
