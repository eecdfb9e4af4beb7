"""The geometry of the pictures: the funnel of a night, and the small bars of its history. Data in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from pipeline.report.views import Row

WIDTH, TOP, HEIGHT = 960, 64, 132  # of the funnel's main stream, in the units of its view box
COLUMN, BAR = 232, 8
SPARK_WIDTH, SPARK_HEIGHT = 120, 22  # pixels of a source's last nights
LOSS_TOP = TOP + HEIGHT + 34
LOSS_LINES = 4  # outcomes named below a loss; the rest is one line
LINE = 19
LETTER = 8  # at most, on the average, of what stands below a loss
LABEL, APART = 24, 44  # from the middle of a part to below its name, and to the middle of the next
TWICE = "same_article"
BENIGN = frozenset({"not_modified", TWICE})  # nothing came that was needed: no new page, another address of an article

# The steps of a night: what is counted, and the outcome of its stage that goes on to the next.
STEPS = (
    ("fetch", "fetched", "addresses", "fetched"),
    ("extract", "article", "pages", "are articles"),
    ("clean", "kept", "articles", "clean"),
)


@dataclass(frozen=True, slots=True)
class Loss:
    """What did not go on from a step: its outcomes, the largest first, and the paths of its streams.

    `n` counts what was lost. `beside` is the stream of all that did not go on, where some of it was only not needed.
    """

    n: int
    outcomes: tuple[tuple[str, int], ...]
    path: str
    beside: str
    x: int


@dataclass(frozen=True, slots=True)
class Step:
    """A column of the funnel and the stream from it to the next."""

    name: str
    n: int
    x: int
    height: float
    passes: float
    loss: Loss | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what was loaded: stories of their own, stories that were copied, copies."""

    name: str
    n: int
    y: float
    height: float
    path: str
    middle: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """The whole picture."""

    width: int
    height: int
    top: int
    column: int
    bar: int
    steps: tuple[Step, ...]
    parts: tuple[Part, ...]
    summary: str


def funnel(rows: Iterable[Row]) -> Funnel | None:
    """Return the funnel of a night from its (stage, outcome, n) rows; None when no stage saw anything."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.stage, {})[row.outcome] = int(row.n)
    if twice := counts.get("dedup", {}).pop(TWICE, 0):  # articles that two sources brought: one of each went on
        clean = counts.setdefault("clean", {})
        clean |= {"kept": clean.get("kept", 0) - twice, TWICE: twice}
    first = next((i for i, step in enumerate(STEPS) if sum(counts.get(step[0], {}).values())), None)
    if first is None:
        return None
    seen = [sum(counts.get(step[0], {}).values()) for step in STEPS[first:]]
    most = max(seen)
    steps = []
    for place, (stage, goes_on, name, _) in enumerate(STEPS[first:]):
        outcomes = counts.get(stage, {})
        steps.append(_step(place, name, outcomes, goes_on, HEIGHT / most))
    loaded = counts.get("dedup", {})
    end = len(steps) * COLUMN
    steps.append(Step("loaded", sum(loaded.values()), end, _thick(sum(loaded.values()), HEIGHT / most), 0, None))
    lines = max((min(len(step.loss.outcomes), LOSS_LINES + 1) for step in steps if step.loss), default=0)
    parts = _parts(loaded, end, HEIGHT / most)
    height = LOSS_TOP + 44 + LINE * lines if lines else TOP + HEIGHT + 16
    height = max([height, *(ceil(max(part.y + part.height, part.middle + LABEL)) for part in parts)])
    told = "; ".join([*map(_told, steps), *(f"{part.n:,} {part.name}" for part in parts)])
    return Funnel(WIDTH, height, TOP, COLUMN, BAR, tuple(steps), parts, told)


def _step(place: int, name: str, outcomes: dict[str, int], goes_on: str, scale: float) -> Step:
    n, passed = sum(outcomes.values()), outcomes.get(goes_on, 0)
    lost = sorted(((o, k) for o, k in outcomes.items() if o != goes_on and k), key=lambda item: (-item[1], item[0]))
    x, passes = place * COLUMN, _thick(passed, scale)
    loss = None
    if lost:
        n_lost = sum(k for o, k in lost if o not in BENIGN)
        path, beside = (
            _falling(x + BAR, TOP + passes, max(_thick(k, scale), 1.5)) if drawn else ""
            for k, drawn in ((n_lost, n_lost > 0), (n - passed, n_lost < n - passed))
        )
        shown = tuple(lost[:LOSS_LINES])
        if len(lost) > LOSS_LINES:
            shown += (("for other reasons", sum(k for _, k in lost[LOSS_LINES:])),)
        widest = LETTER * max(len(f"{k:,} {o}") for o, k in shown)
        loss = Loss(n_lost, shown, path, beside, max(x + 66, widest // 2))
    return Step(name, n, x, passes + (_thick(n - passed, scale) if lost else 0), passes, loss)


def _told(step: Step) -> str:
    """Return a step and what did not go on from it in words, for who does not see the picture."""
    left = "" if step.loss is None else ", ".join(f"{n:,} {outcome}" for outcome, n in step.loss.outcomes)
    return f"{step.n:,} {step.name}" + (f", of which did not go on: {left}" if left else "")


def _thick(n: int, scale: float) -> float:
    return round(max(n * scale, 1.0 if n else 0.0), 1)


def _falling(x: float, y: float, thick: float) -> str:
    """Return the path of a stream that leaves the main one downwards and thins out."""
    turn, end, half = x + 58, LOSS_TOP, min(thick, 40) / 2
    outer = f"C{x + 34} {y:.1f} {turn + thick / 2:.1f} {y + 6:.1f} {turn + half:.1f} {end}"
    inner = f"C{turn - thick / 2:.1f} {y + thick + 14:.1f} {x + 26} {y + thick:.1f} {x} {y + thick:.1f}"
    return f"M{x} {y:.1f}{outer}L{turn - half:.1f} {end}{inner}Z"


def _parts(loaded: dict[str, int], x: int, scale: float) -> tuple[Part, ...]:
    names = (("unique", "ran once"), ("canonical", "stand for a story"), ("copy", "are copies"), ("overtaken", "have a newer text"))
    counted = [(name, loaded.get(outcome, 0)) for outcome, name in names if loaded.get(outcome)]
    parts: list[Part] = []
    y, gap, fan = float(TOP), 0.0, 26.0
    for name, n in counted:
        thick = _thick(n, scale)
        left, right = x + BAR, x + BAR + 120
        to = y + gap - fan / 2 * (len(counted) - 1) / 2
        path = (
            f"M{left} {y:.1f}C{left + 60} {y:.1f} {right - 60} {to:.1f} {right} {to:.1f}"
            f"V{to + thick:.1f}C{right - 60} {to + thick:.1f} {left + 60} {y + thick:.1f} {left} {y + thick:.1f}Z"
        )
        parts.append(Part(name, n, to, thick, path, round(to + thick / 2, 1)))
        y += thick
        gap += fan
    return _unstacked(parts)


def _unstacked(parts: list[Part]) -> tuple[Part, ...]:
    """Keep the labels of thin parts apart from each other."""
    placed: list[Part] = []
    for part in parts:
        middle = part.middle
        if placed and middle - placed[-1].middle < APART:
            middle = placed[-1].middle + APART
        placed.append(Part(part.name, part.n, part.y, part.height, part.path, middle))
    return tuple(placed)


@dataclass(frozen=True, slots=True)
class Bars:
    """Small bars as two paths: those of the nights before, and tonight's."""

    width: int
    height: int
    before: str
    now: str


def bars(values: Sequence[int]) -> Bars:
    """Return the bars of a sparkline; a night of nothing has a hair line."""
    most = max(values, default=0) or 1
    step = SPARK_WIDTH / max(len(values), 12)
    shapes = [
        f"M{place * step:.1f} {SPARK_HEIGHT}v-{max(value / most * SPARK_HEIGHT, 1.0):.1f}h{step * 0.72:.1f}V{SPARK_HEIGHT}z"
        for place, value in enumerate(values)
    ]
    return Bars(SPARK_WIDTH, SPARK_HEIGHT, "".join(shapes[:-1]), "".join(shapes[-1:]))
