"""The README begins with a picture of a verdict in Slack, and it shows what Lineman posts today."""

from tests.previews.picture import FILE, ROOT, digest_in, digest_of, page


def test_the_picture_is_of_today() -> None:
    """The picture was drawn from the page as it is made today, and the README shows it before its first heading."""
    assert digest_in(FILE) == digest_of(page()), "Run: python -m tests.previews.picture"
    top = (ROOT / "README.md").read_text("utf-8").partition("\n## ")[0]
    assert f"]({FILE.relative_to(ROOT)})" in top
    assert FILE.stat().st_size < 150_000
