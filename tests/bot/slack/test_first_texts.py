"""What reads texts is ready before the first one: people wait for no preparation."""

from bot.slack.conversation.answers import FIRST_TEXTS
from knowledge.search import denials, languages


def test_the_first_texts_are_in_every_language() -> None:
    """Each language that is read has one of the texts, so that its phrases are compiled when the bot starts."""
    assert {languages.language_of(text) for text in FIRST_TEXTS} == set(languages._languages())


def test_the_first_texts_rule_everything_out() -> None:
    """Together they name each thing that people rule out."""
    denials._patterns.cache_clear()
    for text in FIRST_TEXTS:
        list(denials.denials_in(text))
    assert denials._patterns.cache_info().currsize == len(denials._SUBJECTS)
