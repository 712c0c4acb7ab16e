"""Every answer of a question has words for people."""

from knowledge.loading.load import load_knowledge


def test_no_id_of_an_answer_is_shown() -> None:
    """An answer that a check gives is a word of its file's `says`, and one of a person has its own text."""
    for question in load_knowledge(quick=True).questions.values():
        for answer in question.answers:
            written = question.texts.get(answer.name) or (answer.option.says if answer.option else "")
            assert written, f"{question.origin.file}: `says` needs a text for {answer.name}"
            assert question.says(answer.name) == written
            assert "-" not in written.split(), written
