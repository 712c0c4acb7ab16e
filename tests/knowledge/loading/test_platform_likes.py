"""A platform on top of another one is one file."""

from pathlib import Path

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.loading.platform_likes import read_likes, widen_platforms
from knowledge.model.problems import KnowledgeError
from tests.knowledge.small import write


def add_platform(folder: Path, id_: str, like: str) -> None:
    file = write(folder, "platforms", id_, id_.title())
    file.write_text(file.read_text() + f"like: {like}\n")


def test_it_counts_as_the_one_that_it_is_like(folder: Path) -> None:
    """Questions, causes and codes for iOS are for a platform like it as well, and those of the browser are not."""
    write(folder, "errors", "31000", "name: GenericError\nplatforms: [ios]")
    error = folder / "errors" / "31000.yaml"
    error.write_text(error.read_text().replace("{all: No transport.}", "{all: No transport., ios: No port.}"))
    add_platform(folder, "flutter", "ios")
    knowledge = load_knowledge(folder)
    assert knowledge.causes["too-old"].platforms == ("ios", "flutter")
    assert knowledge.causes["stripped"].platforms == ("javascript",)
    assert knowledge.questions["upgrade"].platforms == ("javascript",)
    assert knowledge.errors["31000"].platforms == ("ios", "flutter")
    assert knowledge.errors["31000"].means["flutter"] == "No port."
    assert knowledge.causes["too-old"].origin.at("platforms") == f"{folder}/causes/too-old.yaml:8"


@pytest.mark.parametrize(
    ("like", "problem"),
    [("iso", "there is no platform 'iso' (did you mean ios?)"), ("flutter", "name that one"),
     ("unity", "unity is like another platform itself")],
)  # fmt: skip
def test_it_is_like_a_platform_of_its_own(folder: Path, like: str, problem: str) -> None:
    """The model is another platform, and is not like a third one."""
    add_platform(folder, "unity", "ios")
    add_platform(folder, "flutter", like)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert any("platforms/flutter.yaml:7: " in one and problem in one for one in caught.value.problems)


def test_services_of_a_network_are_widened() -> None:
    """A service for the model is a service for the new one; a service for all stays as it is."""
    likes = read_likes({"ios": b"id: ios", "flutter": b"id: flutter\nlike: ios"})
    assert likes == {"flutter": "ios"}
    assert widen_platforms({"platforms": ["ios"]}, likes) == {"platforms": ["ios", "flutter"]}
    assert widen_platforms({"platforms": ["flutter", "ios"]}, likes) == {"platforms": ["flutter", "ios"]}
    assert widen_platforms({"id": "stun"}, likes) == {"id": "stun"}
