"""A pull quote that says a sentence of the article again goes, with who said it; a quotation that stands nowhere else stays."""

from __future__ import annotations

from pipeline.clean import label
from pipeline.records import Block
from tests.clean.articles import article, dropped

PATH = "article>div.story>p"
PULLED = "article>div.story>blockquote.wp-block-pullquote>p"
STORY = (
    "The harbour council voted on Monday night to keep the old ferry in service for another winter.",
    "“We never had the money for a new one, and we never will,” said its chairman, Jonas Berg, after the vote.",
    "Engineers had told the meeting that the hull would last until the spring if the plates were replaced.",
)
SAID = "We never had the money for a new one, and we never will."


def lines(path: str, *texts: str) -> list[Block]:
    return [Block(0, "quote" if path == PULLED else "paragraph", text, path=path) for text in texts]


def test_a_sentence_that_stands_in_the_article_goes_with_its_speaker() -> None:
    cleaned = label(article(*lines(PATH, *STORY), *lines(PULLED, SAID, "Jonas Berg, chairman"), *lines(PATH, "That was all.")))
    assert dropped(cleaned) == {SAID: "pull-quote", "Jonas Berg, chairman": "pull-quote"}
    assert label(cleaned) == cleaned


def test_so_does_one_above_the_sentence_and_one_that_is_shortened() -> None:
    pulled = lines(PULLED, "We never had the money for a new one …")
    assert set(dropped(label(article(*pulled, *lines(PATH, *STORY)))).values()) == {"pull-quote"}


def test_so_does_one_between_whose_sentences_the_article_tells_who_spoke() -> None:
    said = "“People find her lovely,” he says. “It is mostly rust.”"
    pulled = lines(PULLED, "People find her lovely. It is mostly rust.")
    assert set(dropped(label(article(*lines(PATH, STORY[0], said), *pulled, *lines(PATH, STORY[2])))).values()) == {"pull-quote"}


def test_one_that_stands_nowhere_else_is_the_articles() -> None:
    other = "It will sink before the spring, and then they will have to swim."
    assert dropped(label(article(*lines(PATH, *STORY[:2]), *lines(PULLED, other), *lines(PATH, STORY[2])))) == {}


def test_a_sentence_that_the_text_itself_says_again_stays() -> None:
    assert dropped(label(article(*lines(PATH, *STORY[:2], SAID, STORY[2])))) == {}


def test_what_stands_apart_needs_no_name_and_a_sentence_beside_is_no_speaker() -> None:
    for path in ("article>div.story>aside.css-8fieo5", "article>figure.x>blockquote", "article>div.web-quote>p"):
        cleaned = label(article(*lines(PATH, *STORY[:2]), *lines(path, SAID, "Jonas Berg"), *lines(PATH, STORY[2])))
        assert dropped(cleaned) == {SAID: "pull-quote", "Jonas Berg": "pull-quote"}
    beside = "But everybody knows by now that it will sink before the spring."
    assert (
        dropped(label(article(*lines(PATH, *STORY[:2]), *lines("article>blockquote", SAID, beside), *lines(PATH, STORY[2])))) == {}
    )
