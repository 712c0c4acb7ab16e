"""What reads texts is ready before the first one: people wait for no preparation."""

from bot.slack.conversation.answers import FIRST_TEXTS
from knowledge.loading.load import load_knowledge
from knowledge.search import denials, heard, languages


def test_the_first_texts_are_in_every_language() -> None:
    """Each language that is read has one of the texts, so that its phrases are compiled when the bot starts."""
    assert {languages.language_of(text) for text in FIRST_TEXTS} == set(languages._languages())


def test_the_first_texts_rule_everything_out() -> None:
    """Together they name each thing that people rule out."""
    denials._patterns.cache_clear()
    for text in FIRST_TEXTS:
        list(denials.denials_in(text))
    assert denials._patterns.cache_info().currsize == len(denials._SUBJECTS)


def test_the_first_texts_name_every_question_for_a_person() -> None:
    """Together they compile each pattern by which a description answers a question."""
    persons = [
        question.person for question in load_knowledge(quick=True).questions.values() if question.person
    ]
    heard._pattern.cache_clear()
    for text in FIRST_TEXTS:
        for person in persons:
            heard.heard_in(text, person.heard)
    patterns = {item for person in persons for items in person.heard.answers.values() for item in items}
    assert heard._pattern.cache_info().currsize == len(patterns)
