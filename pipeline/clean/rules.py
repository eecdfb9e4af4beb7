"""Line rules: `rules.toml` compiled, and the rule that a whole line matches.

Most labels are whole lines, so they are looked up in a dictionary; only lines that vary (a name, a number, a headline)
need a regular expression. Both see short lines alone, so a long line costs nothing and no pattern can run away.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from pipeline.clean.heads import first_characters, longest_match
from pipeline.clean.lines import bare, fold, has_digit, without_counter
from pipeline.config import listed, read_toml, typed
from pipeline.errors import ConfigError

RULES_FILE = Path(__file__).with_name("rules.toml")
NEEDED = ("id", "about", "where", "drops", "keeps")  # keys of every rule
LABEL_LENGTH = 140  # characters; the longest label of rules.toml has 80
PATTERN_LENGTH = 600  # characters; six sentences about the cookies of an embedded video
LENGTH_STEP, MOST_STEPS = 100, 3  # characters: most patterns are for shorter lines than a paragraph
PREFIX_WORDS = 30  # words of a headline behind "Read also:"
LONGEST_PHRASE = 6  # words of one label inside a sequence of labels
_BETWEEN_LABELS = re.compile(r"[\s/|,·•+&]+")
# Bullets, arrows, and pictures that point at something; ">" is none: it quotes.
_POINTERS = frozenset(" ›•·♦◊🔹🔸‣▪*→≫▷▶►➤➜➡●■◆▲★☞👉👇📲📱🔴🔔📢📣📰📌🎧🎥📺✅\u200d")
_BRACKETS = frozenset({"()", "[]", "（）", "【】", "〔〕", "［］"})
_PREFIX = re.compile(r"([^:>|»՝៖፦]{2,40}?)(?: ?[:>|»՝៖፦]+ ?| -+ )(.+)")

_BRACKETED = re.compile(r"[\[(（【〔［]([^\])）】〕］]{2,40})[\])）】〕］] ?(.+)")  # "[Read also] Minister resigns"

Where = Literal["any", "top", "tail", "edges"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `rules.toml`; see the comment at its head."""

    id: str
    about: str
    where: Where
    drops: tuple[str, ...]
    keeps: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strict: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefix: bool = False
    sequence: bool = False
    leads: bool = False
    only_with: tuple[str, ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the rule has words for, sorted; what all have in common, such as names of networks, is of none."""
        return tuple(sorted(name for name in {*self.labels, *self.strict, *self.patterns, *self.words} if len(name) == len("en")))


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matches a line. `certain`: a label looked up, not a pattern; `weak`: an honest subhead might say the same."""

    rule: Rule
    certain: bool
    weak: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class _Compiled:
    labels: Mapping[str, Match]
    strict: Mapping[tuple[str, str], Match]
    sequences: Mapping[str, Match]
    prefixes: Mapping[str, Match]
    linked: Mapping[tuple[str, str], Match]  # labels that need a link to be the prefix of a headline
    openings: frozenset[str]  # first words of `sequences`


@cache
def load_rules() -> tuple[Rule, ...]:
    """Read `rules.toml`."""
    return tuple(_rule(table) for table in read_toml(RULES_FILE)["rule"])


def check_rules() -> None:
    """Raise `ConfigError` for a rule that cannot be read: met by the workers, it would be told of each page as the page's fault."""
    for language, pattern, _, match in _all_patterns():
        try:
            _pattern(pattern)
        except re.error as error:
            where = f"{RULES_FILE.name}: rule {match.rule.id!r}: patterns.{language}"
            raise ConfigError(f"{where}: {pattern!r} is no regular expression: {error}") from error


@cache
def rule_ids() -> frozenset[str]:
    """Return the ids of the line rules."""
    return frozenset(rule.id for rule in load_rules())


def match_line(text: str, language: str | None = None) -> Match | None:
    """Return the rule that a whole line matches, wherever on the page it stands; None for a line that no rule knows."""
    return _match(text, (language or "")[:2]) if len(text) <= PATTERN_LENGTH else None


def match_link(text: str, language: str | None) -> Match | None:
    """Return what `match_line` does, and the rule of a link that begins with a label of few letters: "More: Minister resigns"."""
    if len(text) > PATTERN_LENGTH:
        return None
    short = (language or "")[:2]
    return _match(text, short) or _linked(fold(text), short)


def match_label(text: str, language: str | None = None) -> Match | None:
    """Return the rule that has a whole line among its labels, or all its words; the certain ones of what `match_line` finds."""
    return _match_label(text, (language or "")[:2]) if len(text) <= PATTERN_LENGTH else None


@lru_cache(maxsize=16384)  # a site's labels stand on all of its pages
def _match(text: str, language: str) -> Match | None:
    folded = fold(text)
    if not bare(folded):
        return None
    found = _match_label(text, language) or _prefixed(_compiled(), folded) or _by_pattern(folded, language)
    if found is None and (plain := _undecorated(folded)) and plain != folded:
        return _prefixed(_compiled(), plain) or _by_pattern(plain, language)
    return found


def _undecorated(folded: str) -> str:
    """Return a folded line without what points at it and the brackets around it."""
    start = 0
    while start < len(folded) and (folded[start] in _POINTERS or folded.startswith("» ", start)):
        start += 1
    line = folded[start:].strip()
    return line[1:-1].strip() if line[:1] + line[-1:] in _BRACKETS and line[:1] not in line[1:] else line


@lru_cache(maxsize=16384)
def _match_label(text: str, language: str) -> Match | None:
    compiled, core = _compiled(), bare(fold(text))
    if not core or len(core) > LABEL_LENGTH:
        return None
    return _labelled(compiled, core, language) or _sequence(compiled, core)


def _labelled(compiled: _Compiled, core: str, language: str) -> Match | None:
    match = compiled.labels.get(core) or _strict(compiled, core, language)
    if match or not has_digit(core):
        return match
    core = without_counter(core)
    return compiled.labels.get(core) or _strict(compiled, core, language)


def _strict(compiled: _Compiled, core: str, language: str) -> Match | None:
    return compiled.strict.get((core, language))


def _sequence(compiled: _Compiled, core: str) -> Match | None:
    """Match a line made of nothing but labels of share bars and the like; each word is looked at a fixed number of times."""
    if bare(_BETWEEN_LABELS.split(core, maxsplit=1)[0]) not in compiled.openings:
        return None
    words = [word for word in (bare(w) for w in _BETWEEN_LABELS.split(core)) if word]
    if len(words) < 2:
        return None
    found: Match | None = None
    position, strong = 0, False
    while position < len(words):
        for length in range(min(LONGEST_PHRASE, len(words) - position), 0, -1):
            match = compiled.sequences.get(" ".join(words[position : position + length]))
            if match:
                break
        else:
            if not (found and words[position].isdigit()):
                return None
            length, match = 1, None
        if match:
            found = found or match
            strong = strong or not match.alone
        position += length
    return Match(found.rule, certain=True, alone=not strong and len(words) < 3) if found else None


def _prefixed(compiled: _Compiled, folded: str) -> Match | None:
    parts = _PREFIX.match(folded[:PATTERN_LENGTH]) or _BRACKETED.match(folded[:PATTERN_LENGTH])
    if not parts or len(parts[2].split()) > PREFIX_WORDS:
        return None
    return compiled.prefixes.get(bare(parts[1]))


def _linked(folded: str, language: str) -> Match | None:
    parts = _PREFIX.match(folded)
    return _compiled().linked.get((bare(parts[1]), language)) if parts else None


def _by_pattern(folded: str, language: str) -> Match | None:
    first = folded[0] if folded[0] in _first_characters() else ""
    for rule, patterns in _patterns_for(language, first, min(len(folded) // LENGTH_STEP, MOST_STEPS)):
        if rule.only_with and not any(map(folded.__contains__, rule.only_with)):
            continue
        for pattern, match in patterns:
            if pattern.fullmatch(folded) and not any(word in folded for word in rule.skip.get("not_in_pattern", ())):
                return match
    return None


@cache
def _patterns_for(language: str, first: str, steps: int) -> tuple[tuple[Rule, tuple[tuple[re.Pattern[str], Match], ...]], ...]:
    """Return the patterns that can match a line which begins so and is so long, by rule: the language's and English ones.

    Themes use English everywhere. All languages' when that of the page is unknown; `first` is empty for a character that no
    pattern names; `steps` are those of `LENGTH_STEP` characters that the line has at least.
    """
    if steps:
        long = ((rule, tuple(p for p in patterns if _reaches(p[0], steps))) for rule, patterns in _patterns_for(language, first, 0))
        return tuple((rule, patterns) for rule, patterns in long if patterns)
    found: dict[str, tuple[Rule, list[tuple[re.Pattern[str], Match]]]] = {}
    for name, pattern, heads, match in _all_patterns():
        if (not language or name in ("en", language)) and (heads is None or first in heads):
            found.setdefault(match.rule.id, (match.rule, []))[1].append((_pattern(pattern), match))
    return tuple((rule, tuple(patterns)) for rule, patterns in found.values())


def _reaches(pattern: re.Pattern[str], steps: int) -> bool:
    longest = longest_match(pattern.pattern)
    return longest is None or longest >= steps * LENGTH_STEP


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)  # compiled when a line first needs it: most nights meet few languages


@cache
def _all_patterns() -> tuple[tuple[str, str, frozenset[str] | None, Match], ...]:
    return tuple(
        (language, fold_pattern(pattern), first_characters(fold_pattern(pattern)), Match(rule, certain=False))
        for rule in load_rules()
        for language, patterns in rule.patterns.items()
        for pattern in patterns
    )


@cache
def _first_characters() -> frozenset[str]:
    return frozenset(c for _, _, heads, _ in _all_patterns() for c in heads or ())


def _rule(table: dict[str, Any]) -> Rule:
    where = f"{RULES_FILE.name}: rule {table.get('id', '')!r}"
    hints = typing.get_type_hints(Rule)
    if unknown := sorted(table.keys() - hints.keys()):
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}; the keys are {listed(hints)}")
    if missing := [key for key in NEEDED if key not in table]:
        raise ConfigError(f"{where}: {missing[0]} is missing; a rule needs {', '.join(NEEDED)}")
    if table["where"] not in ("any", "top", "tail", "edges"):
        raise ConfigError(f"{where}: where must be any, top, tail or edges, got {table['where']!r}")
    given = {key: _typed(value, hints[key], f"{where}: {key}") for key, value in table.items()}
    return Rule(**given | {"only_with": tuple(map(fold_pattern, given.get("only_with", ())))})


def _typed(value: Any, hint: Any, where: str) -> Any:
    if typing.get_origin(hint) is not Mapping:
        return value if hint is Where else typed(value, hint, where)
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where} must be a table of lists by language, such as {{en = ["…"]}}, got {value!r}')
    return {language: typed(values, tuple[str, ...], f"{where}.{language}") for language, values in value.items()}


@cache
def _compiled() -> _Compiled:
    labels: dict[str, Match] = {}
    strict: dict[tuple[str, str], Match] = {}
    sequences: dict[str, Match] = {}
    prefixes: dict[str, Match] = {}
    linked: dict[tuple[str, str], Match] = {}
    for rule in load_rules():
        weak = _folded(rule.skip.get("above_prose", ()))
        alone = _folded(rule.skip.get("alone", ()))
        for language, words in rule.labels.items():
            for label in sorted(_folded(words)):
                match = Match(rule, certain=True, weak=label in weak, alone=label in alone or language in alone)
                labels.setdefault(label, match)
                if rule.sequence:
                    sequences.setdefault(label, match)
                if rule.prefix and not match.weak:
                    prefixes.setdefault(label, Match(rule, certain=False))
        for language, words in rule.strict.items():
            for label in _folded(words):
                for page_language in (language, ""):
                    strict.setdefault((label, page_language), Match(rule, certain=True, weak=True))
                    if rule.prefix:
                        linked.setdefault((label, page_language), Match(rule, certain=False))
    openings = frozenset(label.split(" ", 1)[0] for label in sequences)
    return _Compiled(labels, strict, sequences, prefixes, linked, openings)


def _folded(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(bare(fold(label)) for label in labels)


def fold_pattern(pattern: str) -> str:
    """Return a pattern with its letters folded as lines are; what is syntax (`\\W`, `\\b`) stays."""
    return "".join(fold(c) or c if not c.isascii() and c.isalpha() else c for c in pattern)
