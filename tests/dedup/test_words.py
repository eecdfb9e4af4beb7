"""Words that follow on others, and what the texts of a story have of each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.sketch import encode
from pipeline.dedup.standing import standings
from pipeline.dedup.words import Words, read_words

ARRAYS = ("hashes", "starts", "ends", "flags", "shingles", "order")
TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "дом", "日本", "12.5", "x" * 9]), max_size=12).map(" ".join), min_size=1, max_size=6
)


def said(words: Words) -> list[list[list[int]]]:
    """Return all that is known of each text's words."""
    bounds = zip(words.low.tolist(), words.high.tolist(), strict=True)
    # The last two places of a text have no shingle of three words.
    sizes = {"shingles": 2, "order": 2}
    return [[getattr(words, name)[low : max(low, high - sizes.get(name, 0))].tolist() for name in ARRAYS] for low, high in bounds]


@given(TEXTS, TEXTS, st.integers(0, 3))
def test_texts_that_follow_are_read_as_if_together(one: list[str], other: list[str], spare: int) -> None:
    together = said(read_words(encode([*one, *other])))
    following = read_words(encode(other), read_words(encode(one), spare=spare))
    assert said(following) == together
    turned = np.arange(len(together))[::-1]
    assert said(following.of(turned)) == together[::-1]


@given(TEXTS)
def test_what_a_text_lacks_and_adds(texts: list[str]) -> None:
    shingles = [{tuple(words[i : i + 3]) for i in range(len(words) - 2)} for words in map(str.split, texts)]
    holders = {shingle: sum(shingle in own for own in shingles) for own in shingles for shingle in own}
    enough = min(2, len(texts) - 1)
    expected = []
    for own in shingles:
        lacks = sum(count >= enough and shingle not in own for shingle, count in holders.items())
        common = lacks + sum(holders[shingle] > enough for shingle in own)
        expected.append([lacks / max(1, common), sum(holders[shingle] == 1 for shingle in own) / max(1, len(own))])
    words = read_words(encode([text.replace("日本", "мир") for text in texts]))  # ideographs are words of their own
    assert standings([range(len(texts))], words).tolist() == expected


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.sampled_from([1, 30, 200]))
def test_shingles_stand_by_hash_and_place_however_long_the_text_is(letters: list[str], times: int) -> None:
    words = read_words(encode([" ".join(letters * times), " ".join(letters)]))
    for low, high in zip(words.low.tolist(), words.high.tolist(), strict=True):
        own = slice(low, max(low, high - 2))
        found = list(zip(words.shingles[own].tolist(), words.order[own].tolist(), strict=True))
        assert found == sorted(found)
        assert sorted(place for _, place in found) == list(range(len(found)))
