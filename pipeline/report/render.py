"""Templates to HTML. Everything is escaped; what the filters return is text, never markup."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline import terminal
from pipeline.clean.explain import describe_rule
from pipeline.report import picture

FOLDER = Path(__file__).parent
LONGEST_TITLE = 300  # characters


@cache
def environment() -> Environment:
    """Return the templates, with what they call."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "number": number, "share": share, "day": day, "moment": moment, "cut": cut, "pretty": pretty, "size": size, "span": span,
        "period": period, "plural": plural, "hours": hours, "likeness": likeness,
    }  # fmt: skip
    templates.globals |= {
        "describe": describe_rule,
        "funnel": picture.funnel,
        "bars": picture.bars,
        "web": web_address,
        "style_version": style_version,
    }
    return templates


def render(template: str, **values: Any) -> str:
    """Return a page."""
    return environment().get_template(template).render(values)


@cache
def style() -> str:
    """Return the style sheet."""
    return (FOLDER / "static" / "report.css").read_text(encoding="utf-8")


@cache
def style_version() -> str:
    """Return what changes with the style sheet: a browser that keeps an older one asks for this one."""
    return hashlib.sha256(style().encode()).hexdigest()[:8]


def number(value: Any) -> str:
    """Return a count with thin spaces between the thousands."""
    return f"{int(value):,}".replace(",", "\u202f")


def plural(n: Any, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{number(n)} {one if int(n) == 1 else many or one + 's'}"


def share(part: Any, whole: Any) -> str:
    """Return a share in percent."""
    return f"{100 * part / whole:.0f}\u202f%" if whole else "–"


def likeness(score: float) -> str:
    """Return how alike two texts are in percent, rounded down: 100 are equal texts alone."""
    return f"{int(round(100 * score, 2))}\u202f%"  # what binary fractions add is no part of it


def day(value: date) -> str:
    """Return a date in words."""
    return f"{value:%A} {value.day} {value:%B %Y}"


def moment(value: datetime | None, precision: str | None = None) -> str:
    """Return an instant in UTC, as precise as it is known."""
    if value is None:
        return "no date"
    value = value.astimezone(UTC)
    return f"{value:%Y-%m-%d}" if precision == "day" else f"{value:%Y-%m-%d %H:%M} UTC"


def cut(text: str | None, length: int = LONGEST_TITLE) -> str:
    """Return a text in one line of at most `length` characters."""
    return terminal.cut(text or "", length)


def pretty(value: Any) -> str:
    """Return JSON as `name value, name value`."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(item)}" for name, item in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(item: Any) -> str:
    if item is None or isinstance(item, bool):
        return {None: "none", True: "yes", False: "no"}[item]
    return f"{item:.3g}" if isinstance(item, float) else str(item)


def size(value: Any) -> str:
    """Return a number of bytes."""
    number_ = float(value)
    for unit in ("B", "kB", "MB"):
        if number_ < 1000:
            return f"{number_:.0f} {unit}"
        number_ /= 1000
    return f"{number_:.1f} GB"


def span(began: datetime, ended: datetime) -> str:
    """Return how long something took."""
    seconds = (ended - began).total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def period(began: datetime, ended: datetime) -> str:
    """Return from when to when something went on, in UTC: its days only where it took more than one."""
    began, ended = began.astimezone(UTC), ended.astimezone(UTC)
    if began.date() != ended.date():
        return f"from {moment(began)} to {moment(ended)}"
    return f"at {ended:%H:%M} UTC" if f"{began:%H:%M}" == f"{ended:%H:%M}" else f"from {began:%H:%M} to {ended:%H:%M} UTC"


def hours(value: float | None) -> str:
    """Return how much later something was published."""
    if value is None:
        return ""
    if abs(value) < 1:
        return f"{value * 60:+.0f} min"
    return f"{value:+.1f} h" if abs(value) < 48 else f"{value / 24:+.1f} days"


def web_address(url: str | None) -> str | None:
    """Return a URL that is safe to link to: http and https alone."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
