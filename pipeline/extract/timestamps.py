"""The dates of an article: from JSON-LD, <meta>, <time>, the address, the text, in this order of trust."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from urllib.parse import urlsplit

import lxml.html

from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.lines import has_digit
from pipeline.extract.dates import EARLIEST_IN_TEXT, EARLIEST_YEAR, ISO, Stated, parse_date, plain_date, with_century
from pipeline.extract.marked import MODIFIED_PROPERTIES, Marked
from pipeline.extract.markup import Markup, stated_properties
from pipeline.extract.months import MODIFIED, PUBLISHED, WIDE_SCRIPT, month_number
from pipeline.extract.strings import begins_small, one_line
from pipeline.extract.surroundings import around_headline, class_and_id, is_elsewhere, mastheads, own_footer
from pipeline.extract.textlines import Lines, lines_near_headline
from pipeline.records import DateBasis

JSONLD_PUBLISHED = ("datePublished", "dateCreated", "uploadDate")
JSONLD_MODIFIED = ("dateModified",)
META_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished",
    "parsely-pub-date", "sailthru.date", "article.published", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
    "dc.date.issued", "dcterms.issued", "dc.date.published", "dcterms.created", "dc.date.created", "pubdate", "publishdate",
    "publish-date", "publish_date", "publication_date", "publication-date", "published_time", "published_time_telegram",
    "date_published", "citation_publication_date", "citation_online_date", "citation_date", "bt:pubdate", "iso-8601-publish-date",
    "vr:published_time", "display_date", "article_date_original", "article:post_date", "rnews:datepublished", "date.release",
    "originalpublicationdate", "published", "published-date", "gentime", "dc.date", "dcterms.date", "date",
    "datecreated", "created", "published_at",
)  # fmt: skip
META_MODIFIED = (
    "article:modified_time", "og:updated_time", "article:modified", "datemodified", "dcterms.modified", "dc.date.modified",
    "lastmod", "last-modified", "revised", "date_modified", "utime", "article:updated_time", "og:modified_time", "updated_at",
)  # fmt: skip

DATELINE = re.compile(r"([^\n]{2,60}?,?\s[^\n]{4,20}?(?:19|20)\d{2})\s*(?:[-–—]|/[^/\n]{2,40}/|\([^()\n]{2,40}\))\s")
# What other makers of pages call theirs: "w-published-date", "govuk:first-published-at", "article_publication_time".
PUBLISHED_NAME = re.compile(
    r"(?:^|[._:-])(?:(?:first[._-]?)?publi(?:sh(?:ed)?|cation|c)[._-]?(?:date|time|datetime|at|on|timestamp)"
    r"|date[._-]?(?:of[._-]?)?publi(?:shed|cation|c)|(?:post|article|news|story|release)[._-]?date)$"
)
URL_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
# "/2024/0304/", "/2024-03/04/", "/202403/04/": folders that a day is parted into otherwise.
URL_FOLDERS = re.compile(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=/)")
URL_WORD_DAY = re.compile(r"/((?:19|20)\d{2})/([a-z]{3,9})/(\d{1,2})(?=/|$)", re.IGNORECASE)

PUBLISHED_CLASS = re.compile(
    r"publi[sc]|posted|pubdate|created|entry-date|post-date|article-date|datepub|date-?line|erschienen|veroeffentlicht",
    re.IGNORECASE,
)
MODIFIED_CLASS = re.compile(r"modif|updat|edited|revis|aktuali[sz]", re.IGNORECASE)
SIGNED_BEHIND = re.compile(r"\s*(?:日時?|时间|時間|일시?)?\s?[:：]")  # a label of what follows
YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
ORDINAL = re.compile(r"(?<=\d)\s+(st|nd|rd|th|er|º|ª)(?!\w)(?:\s+(?=,))?")  # set apart: "3<sup>rd</sup>"
LABEL_LENGTH = 30  # characters of the label before a date
MAX_ELEMENTS = 60
FAR = 100  # elements before the headline: menus are between
MAX_DATE_LINE = 120  # characters; a date in a longer run is part of the story
Plain = Callable[[str], str]  # what writes the dates of a line as they are read
LABEL_STEPS = 2  # outwards from a time in which its label may stand before it: <dt>Published</dt><dd><p><time>
LINK_STEPS = 3  # outwards from a line in which its link may stand
MAX_SMALL_WORDS = 4  # beside a date, without a capital; more are a sentence, which tells of another day


def read_dates(
    markup: Markup,
    marked: Callable[[], Marked],
    lines: Callable[[], Lines],
    url: str | None,
    locale: str | None,
    not_after: datetime | None,
    headline: lxml.html.HtmlElement | None,
) -> tuple[str | None, DateBasis | None, str | None]:
    """Return when the article was published, on what evidence, and when it was modified; each null rather than guessed."""

    def plain(text: str) -> str:
        return with_century(plain_date(text, locale), locale)

    def first_valid(values: Iterable[str], earliest: int = EARLIEST_YEAR) -> Stated | None:
        for value in values:
            stated = parse_date(value, locale, earliest)
            if stated and not (not_after and stated.is_after(not_after)):
                return stated
        return None

    published_times, modified_times = _marked_times(markup, headline, locale, plain)
    changed = first_valid([*_jsonld_values(markup, JSONLD_MODIFIED), *markup.every(*META_MODIFIED), *modified_times])
    sources: tuple[tuple[DateBasis, Iterable[str], int], ...] = (
        ("jsonld", _jsonld_values(markup, JSONLD_PUBLISHED), EARLIEST_YEAR),
        ("meta", markup.every(*META_PUBLISHED, *filter(PUBLISHED_NAME.search, markup.meta)), EARLIEST_YEAR),
        ("time", published_times, EARLIEST_YEAR),
        ("url", _url_values(url), EARLIEST_IN_TEXT),
        ("text", _dated_lines(marked, headline, plain, far=False), EARLIEST_IN_TEXT),
        ("text", _footer_lines(headline, plain), EARLIEST_IN_TEXT),
        ("text", _unmarked_lines(lines, headline, plain), EARLIEST_IN_TEXT),
        ("text", _dated_lines(marked, headline, plain, far=True), EARLIEST_IN_TEXT),
        ("text", _datelines(lines, headline, plain), EARLIEST_IN_TEXT),
    )
    found = next(((stated, basis) for basis, values, earliest in sources if (stated := first_valid(values, earliest))), None)
    if changed is None and (found is None or found[1] == "text"):
        changed = first_valid(_lines_of_change(marked, lines, headline, plain), EARLIEST_IN_TEXT)
        if changed and found and changed.day < found[0].day:
            changed = None
    modified = changed.iso() if changed else None
    if found is None:
        return None, None, modified
    clocks = [parse_date(value, locale) for value in (*markup.every(*META_PUBLISHED), *published_times)]
    return found[0].on_the_clock_of(clocks).iso(), found[1], modified


def _jsonld_values(markup: Markup, keys: tuple[str, ...]) -> list[str]:
    values = [markup.jsonld.get(key) for key in keys]
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [str(item) if isinstance(item, int) else one_line(item) for item in flat]


def _marked_times(
    markup: Markup, headline: lxml.html.HtmlElement | None, locale: str | None, plain: Plain
) -> tuple[list[str], list[str]]:
    """Return what <time> elements say of publication and of modification; teasers left out.

    Those beside the headline come first, then those marked as such: sidebars mark the times of other stories too.
    """
    if not markup.times:
        return [], []
    published: list[tuple[bool, bool, bool, str]] = []
    modified: list[str] = []
    tree = markup.times[0].getroottree().getroot()
    around = around_headline(tree, headline).with_own(own_footer(tree, headline)).without(mastheads(headline))
    head = _head_of(headline)
    for element in _from_nearest([time for time in markup.times if not is_elsewhere(time, around)], headline):
        text = plain(_text_of(element))
        stated = one_line(element.get("datetime")) or _stated_time(element)
        values = [value for value in (stated, _of_publication(text)) if value]
        if PUBLISHED.search(text) and _tells_another_day(text, stated, locale):
            values.reverse()  # what readers see; the other is when it was changed, or filed
        parent = element.getparent()
        before = one_line((parent.text or "") if parent is not None else "", MAX_DATE_LINE)
        name = f"{element.get('class', '')} {' '.join(stated_properties(element))}"
        label = _label_before(element)
        is_said = PUBLISHED.search(f"{label} {before} {text}") is not None
        is_marked = element.get("pubdate") is not None or PUBLISHED_CLASS.search(name) is not None
        if not is_marked and (MODIFIED_CLASS.search(name) or (MODIFIED.search(f"{before} {text}") and not is_said)):
            modified += values
            continue
        # Said to be a change by what stands before it: it may be all that the page says of its time.
        is_change = _is_called_change(label, f"{before} {text}")
        modified += values if is_change else []
        is_beside = head is not None and head in element.iterancestors()
        published += [(is_change, not is_beside, not (is_marked or is_said), value) for value in values]
    published.sort(key=lambda item: item[:3])  # stable: from the nearest on within each kind
    return [value for *_, value in published], modified


def _label_before(element: lxml.html.HtmlElement) -> str:
    """Return what stands right before a time, if it is short: beside it, or beside what it stands in."""
    for node in (element, *islice(element.iterancestors(), LABEL_STEPS)):
        previous, parent = node.getprevious(), node.getparent()
        if previous is None:
            label = one_line((parent.text or "") if parent is not None else "", MAX_DATE_LINE)
        else:
            tail = one_line(previous.tail or "", MAX_DATE_LINE)
            label = tail if tail or previous.tag == "time" or not isinstance(previous.tag, str) else _text_of(previous)
        if label or previous is not None:
            return label if len(label) <= LABEL_LENGTH and not YEAR.search(label) else ""
    return ""


def _is_called_change(label: str, text: str) -> bool:
    """Tell whether the label before a time speaks of a change, and neither that nor the text of the publication."""
    return MODIFIED.search(label) is not None and PUBLISHED.search(f"{label} {text}") is None


def _tells_another_day(text: str, stated: str, locale: str | None) -> bool:
    """Tell whether a date that is shown and the one that is stated beside it are more than a day apart: not only other zones.

    One day will do where the text tells of a change too: that is what is stated.
    """
    days = [date.day for value in (_of_publication(text), stated) if (date := parse_date(value, locale)) is not None]
    return len(days) == 2 and abs(days[0] - days[1]) > timedelta(days=0 if MODIFIED.search(text) else 1)


def _head_of(headline: lxml.html.HtmlElement | None) -> lxml.html.HtmlElement | None:
    """Return the header that a headline stands in, else what holds it."""
    if headline is None:
        return None
    return next(headline.iterancestors("header"), headline.getparent())


def _url_values(url: str | None) -> Iterator[str]:
    """Yield the day in an address, if it has one: a year and month alone are no date."""
    path = urlsplit(url).path if url else ""
    for match in URL_DAY.finditer(path):
        if match[2] or len(match[0]) == 8:
            yield f"{match[1]}-{match[3]}-{match[4]}"
    yield from ("-".join(match.groups()) for match in URL_FOLDERS.finditer(path))
    named = URL_WORD_DAY.search(path)
    month = month_number(named[2], "en") if named else None
    if named and month:
        yield f"{named[1]}-{month}-{named[3]}"


def _dated_lines(marked: Callable[[], Marked], headline: lxml.html.HtmlElement | None, plain: Plain, *, far: bool) -> Iterator[str]:
    """Yield short lines of elements whose class speaks of a date, from the one nearest to the headline on; none about a change.

    With `far` those that stand `FAR` before it or behind a label that speaks of a change, else the others: the first date of a page
    may be the masthead's, of the day.
    """
    lines: dict[lxml.html.HtmlElement, str] = {}
    for element in marked().dates:
        text = plain(_stated_time(element) or _text_of(element))
        if 6 <= len(text) <= MAX_DATE_LINE and YEAR.search(text):
            lines[element] = text
        if len(lines) == MAX_ELEMENTS:
            break
    order = _order(headline) if lines else {}
    far_off = {element for element in lines if headline is not None and order[headline] - order[element] > FAR}
    far_off |= {element for element in lines if _is_called_change(_label_before(element), lines[element])}
    changes = {element for element in lines if _is_named_change(element)}
    beside = {element.getparent() for element in lines.keys() - changes}
    for element in _from_nearest([element for element in lines if (element in far_off) == far], headline):
        text = lines[element]
        if not MODIFIED_PROPERTIES.isdisjoint(stated_properties(element)) or (element in changes and element.getparent() in beside):
            continue
        text = _before_change(text)
        if not MODIFIED.search(text) or PUBLISHED.search(text):
            yield _of_publication(text)


def _text_of(element: lxml.html.HtmlElement) -> str:
    """Return the text of an element as one line, its parts apart as they are seen: "Mar", "4", "2024"; "3rd" is one."""
    if not len(element):
        return one_line(element.text, MAX_DATE_LINE + 1)
    return ORDINAL.sub(r"\1", one_line(" ".join(islice(element.itertext(), 4 * MAX_DATE_LINE)), MAX_DATE_LINE + 1))


def _stated_time(element: lxml.html.HtmlElement) -> str:
    """Return the time that an element states for machines: in its `content`, or as microformats do in its title."""
    title = element.get("title", "")
    return one_line(element.get("content")) or (title if ISO.match(title) else "")


def _is_named_change(element: lxml.html.HtmlElement) -> bool:
    """Tell whether an element is named after a change alone: themes call the only date of a post `updated` too."""
    name = class_and_id(element)
    return MODIFIED_CLASS.search(name) is not None and PUBLISHED_CLASS.search(name) is None


def _order(element: lxml.html.HtmlElement | None) -> dict[lxml.html.HtmlElement, int]:
    """Return the place of each element of the page in it."""
    return {} if element is None else {node: n for n, node in enumerate(element.getroottree().getroot().iter())}


def _from_nearest(elements: list[lxml.html.HtmlElement], heading: lxml.html.HtmlElement | None) -> list[lxml.html.HtmlElement]:
    """Return elements, which are in document order, from the one nearest to a heading on, then those before it."""
    if heading is None or len(elements) < 2:
        return elements
    order = _order(heading)
    nearest = min(elements, key=lambda element: abs(order[element] - order[heading]))
    around = frozenset((nearest, *nearest.iterancestors()))  # of a label and the date in it, the label first
    first = next(n for n, element in enumerate(elements) if element in around)
    return elements[first:] + elements[:first]


def _footer_lines(headline: lxml.html.HtmlElement | None, plain: Plain) -> Iterator[str]:
    """Yield the lines of the article's own footer that may hold a date."""
    if headline is None:
        return
    for footer in own_footer(headline.getroottree().getroot(), headline):
        lines = [plain(line) for text in footer.itertext() if (line := one_line(text, MAX_DATE_LINE + 1))]
        for n in range(len(lines)):
            yield from _date_line(lines, n, in_sentence=True)


def _unmarked_lines(page_lines: Callable[[], Lines], headline: lxml.html.HtmlElement | None, plain: Plain) -> Iterator[str]:
    """Yield lines near the headline that may hold a date, then any line of the page that says "published"."""
    read = [(element, plain(text)) for element, text in page_lines()]
    read = [(element, text) for element, text in read if not (YEAR.search(text) and _is_named_link(element, text))]
    near = lines_near_headline(read, headline)
    for n in range(len(near)):
        yield from _date_line(near, n)
    lines = [text for _, text in read]
    for n, line in enumerate(lines):
        if (
            len(line) <= MAX_DATE_LINE
            and YEAR.search(line)
            and PUBLISHED.search(f"{lines[n - 1][:LABEL_LENGTH] if n else ''} {line}")
        ):
            yield from _date_line(lines, n)


def _datelines(page_lines: Callable[[], Lines], headline: lxml.html.HtmlElement | None, plain: Plain) -> Iterator[str]:
    """Yield what a text opens with that says where and when it was put out: "ASHBY, March 4, 2024 (Harbour Wire) -- …"."""
    for line in lines_near_headline(page_lines(), headline):
        opened = DATELINE.match(plain(line))
        if opened and not _is_sentence(opened[1]) and not MODIFIED.search(opened[1]):
            yield opened[1]


def _is_named_link(element: lxml.html.HtmlElement, text: str) -> bool:
    """Say whether a line is a link that says more than a date: the date is that of what it leads to, such as a decree."""
    inside = any(node.tag == "a" for node in (element, *islice(element.iterancestors(), LINK_STEPS)))
    return inside and not is_date_line(text) and not is_time_stamp(text)


def _date_line(lines: list[str], n: int, *, in_sentence: bool = False) -> Iterator[str]:
    """Yield a line if it may be one of a date, and neither it nor the label before it speaks of a modification.

    Where the footer says how an article was filed (`in_sentence`), it may do so in a sentence: others tell of other days.
    """
    line, label = _before_change(lines[n]), lines[n - 1] if n else ""
    if not 6 <= len(line) <= MAX_DATE_LINE or not YEAR.search(line):
        return
    context = f"{label} {line}" if len(label) < LABEL_LENGTH else line
    if PUBLISHED.search(line) or not (MODIFIED.search(context) or (_is_sentence(line) and not in_sentence)):
        yield _of_publication(line)


def _is_sentence(line: str) -> bool:
    """Say whether a line holds more words without a capital than stand beside a date, or is a piece out of a sentence."""
    words = line.split()
    small = [word[0].isalpha() and begins_small(word) for word in words]
    return sum(small) > MAX_SMALL_WORDS or (
        small[0] and small[-1] and len(words[-1]) > 1 and "." not in words[-1] and sum(small) > 2
    )


def _lines_of_change(
    marked: Callable[[], Marked], page_lines: Callable[[], Lines], headline: lxml.html.HtmlElement | None, plain: Plain
) -> Iterator[str]:
    """Yield what says that the page was changed, and when, of its dated elements and the lines near the headline."""
    for element in marked().dates[:MAX_ELEMENTS]:
        if (stated := _stated_time(element)) and not MODIFIED_PROPERTIES.isdisjoint(stated_properties(element)):
            yield stated
        text = plain(_text_of(element))
        if len(text) <= MAX_DATE_LINE and YEAR.search(text) and MODIFIED.search(text):
            yield _of_change(text)
    near = [plain(line) for line in lines_near_headline(page_lines(), headline)]
    for label, line in pairwise(["", *near]):
        if 6 <= len(line) <= MAX_DATE_LINE and YEAR.search(line) and MODIFIED.search(f"{label[:LABEL_LENGTH]} {line}"):
            yield _of_change(line)


def _before_change(line: str) -> str:
    """Return what stands before "updated" in a line that tells a day, and behind that when: "14/03/2024, updated 11:20"."""
    modified = MODIFIED.search(line)
    if modified is None or PUBLISHED.search(line):
        return line
    before, behind = line[: modified.start()], line[modified.end() :]
    if WIDE_SCRIPT.search(modified[0]) and not SIGNED_BEHIND.match(behind):
        # What a date is stands behind it: "2024/3/4 10:05 (2024/3/5 更新)".
        years = list(YEAR.finditer(before))
        return before[: years[1].start()] if len(years) > 1 else line
    return before if YEAR.search(before) and has_digit(behind) else line


def _of_publication(line: str) -> str:
    """Return the part of a line that tells the publication, when it tells a change too: "Updated 5 May 2021, published …"."""
    published, modified = PUBLISHED.search(line), MODIFIED.search(line)
    if not published or not modified:
        return line
    before = line[modified.end() if modified.start() < published.start() else 0 : published.start()]
    if WIDE_SCRIPT.search(published[0]) and YEAR.search(line[: min(published.start(), modified.start())]):
        return before  # "5月4日公開 5月5日更新": what a date is stands behind it
    behind = line[published.end() : modified.start() if modified.start() > published.start() else None]
    return behind if YEAR.search(behind) else line


def _of_change(line: str) -> str:
    """Return the part of a line that tells the change, when it tells the publication too."""
    published, modified = PUBLISHED.search(line), MODIFIED.search(line)
    if not published or not modified:
        return line
    if WIDE_SCRIPT.search(modified[0]) and YEAR.search(line[: min(published.start(), modified.start())]):
        return line[published.end() : modified.start()] or line[modified.end() :]  # as in `_of_publication`
    return line[modified.end() : published.start() if published.start() > modified.start() else None]
