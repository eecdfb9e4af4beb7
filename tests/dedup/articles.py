"""Articles of made-up words for the tests: every seed is another article, every language another alphabet."""

from __future__ import annotations

import random

from pipeline.dedup import Document

ALPHABETS = {
    "latin": "abcdefghijklmnoprstuvz",
    "cyrillic": "абвгдежзиклмнопрстуфх",
    "arabic": "ابتثجحخدرزسشصطعفقكلمن",
    "thai": "กขคงจชซญดตถทนบปพมยรลวสหอ",
    "khmer": "កខគងចឆជញដតថទនបផពមយរលវសហអ",
    "lao": "ກຂຄງຈຊຍດຕຖທນບປຜພມຢລວສຫອ",
    "burmese": "ကခဂငစဆဇညတထဒနပဖဗမယရလဝသဟအ",
}
UNDIVIDED = ("thai", "khmer", "lao", "burmese")  # words are written without spaces between them


def sentence(rng: random.Random, alphabet: str = "latin") -> str:
    """Return a sentence of 12 to 20 words with a name and a figure."""
    letters = ALPHABETS[alphabet]
    words = ["".join(rng.choice(letters) for _ in range(rng.randint(2, 9))) for _ in range(rng.randint(12, 20))]
    words[0] = words[0].capitalize()
    words[4] = words[4].capitalize()
    words[7] = str(rng.randint(10, 99999))
    return "".join(words) if alphabet in UNDIVIDED else " ".join(words) + "."


def article(seed: int, paragraphs: int = 8, alphabet: str = "latin") -> str:
    """Return the text of an article: paragraphs of two sentences."""
    rng = random.Random(seed)
    return "\n\n".join(f"{sentence(rng, alphabet)} {sentence(rng, alphabet)}" for _ in range(paragraphs))


def document(identity: str, text: str, day: int = 1, site: str = "a.example", title: str | None = None) -> Document:
    """Return a document published on that day of a month."""
    return Document(identity, f"https://{site}/{identity}", site, title, text, f"2024-03-{day:02d}T08:00:00Z")
