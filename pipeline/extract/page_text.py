"""How much text a page shows, and of what sort: words in any script, prose, sentences."""

from __future__ import annotations

import re

import lxml.html

from pipeline.extract.strings import MARKS
from pipeline.extract.votes import ASCII_TOKENS

WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*")
WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
WIDE_PER_WORD = 2  # a word of Chinese, Japanese, Korean, Thai, Lao, Burmese or Khmer is about two characters long
TEASER_LINE = 45  # words; summaries under a headline are shorter
SENTENCE = re.compile("[.!?…。！？؟।۔։။።។][\\s\"'”’»)\\]]*$")
SENTENCE_WORDS = 8  # headlines that ask or exclaim are shorter
UNSEEN = frozenset({"script", "style", "noscript", "noembed", "noframes", "iframe", "template", "svg", "title"})
VISIBLE_LIMIT = 20_000  # characters


def count_words(text: str) -> int:
    """Return the number of words; of scripts without spaces, what it would be in others."""
    if text.isascii():
        return len(text.translate(ASCII_TOKENS).split())
    wide = len(WIDE.findall(text))
    if not wide:
        return len(WORD.findall(text))
    return len(WORD.findall(WIDE.sub(" ", text))) + wide // WIDE_PER_WORD


def prose_words(text: str) -> int:
    """Return the words in paragraphs longer than a teaser."""
    return sum(words for line in text.split("\n") if (words := count_words(line)) > TEASER_LINE)


def has_sentence(text: str) -> bool:
    """Tell whether a paragraph of some words ends like a sentence."""
    return any(SENTENCE.search(line) and count_words(line) >= SENTENCE_WORDS for line in text.split("\n"))


def visible_text(tree: lxml.html.HtmlElement) -> str:
    """Return the text of the page's body without scripts and styles, as far as a wall goes."""
    parts: list[str] = []
    length = 0
    for element in tree.iter():
        if element.tag in UNSEEN or not isinstance(element.tag, str):
            text = element.tail or ""
        else:
            text = f"{element.text or ''} {(element.tail or '')}" if element.tag != "head" else ""
        parts.append(text[:VISIBLE_LIMIT])
        length += len(text)
        if length > VISIBLE_LIMIT:
            break
    return " ".join(" ".join(parts)[:VISIBLE_LIMIT].split())
