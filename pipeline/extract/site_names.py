"""How a site calls itself: what stands around its headlines, and is no author."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import combining, normalize
from urllib.parse import urljoin, urlsplit

import lxml.html

from pipeline.extract.headings import heading_text, link_of
from pipeline.extract.markup import Markup
from pipeline.extract.strings import fold, words
from pipeline.extract.surroundings import class_and_id
from pipeline.urls import readable_host, site_of_host

# As hosts write letters that are none of theirs: in German and the North, and those that are no letter with a mark to Unicode.
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"})
PLAIN = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ß": "ss"})
LOGO_CLASS = re.compile(r"(?:^|[\s_-])(?:logo|site-?(?:title|name)|brand)(?:$|[\s_-])", re.IGNORECASE)
HOME_FILE = re.compile(r"/(?:index|default|home)\.\w{3,5}$", re.IGNORECASE)
APP_NAMES = ("application-name", "apple-mobile-web-app-title", "al:android:app_name")
SITE_WORDS = 6  # a site's name has no more
MORE_WORDS = 3  # behind the name: "Live", "Children's Hospital"
LOGO_WORDS = 12  # a heading that leads to the home page is a name, and a slogan at most


@dataclass(frozen=True, slots=True)
class SiteNames:
    """How a site calls itself: folded names, and the folded label of its host (`nytimes` of www.nytimes.com)."""

    names: frozenset[str]
    label: str

    def match(self, segment: str) -> bool:
        """Tell whether a piece of a title, or an author, is the site and not its content."""
        folded = fold(segment)
        if not folded or folded in self.names:
            return bool(folded)
        parts = words(segment)
        return len(parts) <= SITE_WORDS and any(map(self._is_spelt_by, _spellings(parts)))

    def _is_spelt_by(self, parts: list[str]) -> bool:
        """Tell whether the words spell the label, each shortened or not, or open with it."""
        stripped = [part for part in parts if part not in ("the", "www", "com", "online")]
        if len(self.label) < 3 or not stripped:
            return False
        return _spells(self.label, stripped) or _spells(self.label, parts) or self._begins(stripped)

    def _begins(self, parts: list[str]) -> bool:
        """Tell whether the label opens the name: "BBC News" of bbc.co.uk."""
        return len(parts) <= 3 and parts[0] == self.label

    def house(self, name: str) -> bool:
        """Tell whether a name is the site's, of several words, and a few more: "USA Today Sports" of usatoday.com."""
        spelt = ("".join(parts[:n]) for parts in _spellings(words(name)) for n in range(2, len(parts)))
        return len(self.label) > 2 and self.label in spelt

    def bears(self, name: str) -> bool:
        """Tell whether a name is the site's, whole: "Jane Doe" of janedoe.com."""
        return fold(name) in self.names or self.label in map("".join, _spellings(words(name)))

    def open(self, segment: str) -> bool:
        """Tell whether a piece is the site and a few words more: "UC Davis Health" of ucdavis.edu."""
        parts = words(segment)
        begun = range(max(1, len(parts) - MORE_WORDS), len(parts) + 1)
        spelt = ("".join(spelling[:n]) for spelling in _spellings(parts) for n in begun)
        return self.match(segment) or (len(self.label) > 2 and self.label in spelt)


def site_names(markup: Markup, url: str | None) -> SiteNames:
    """Return the names of the site of a page."""
    given = [*markup.every("og:site_name"), *markup.jsonld.site_names]
    # Some templates write the headline there; so it is no name where the page tells the site's beside it.
    headline = {fold(title) for title in markup.every("og:title")} - set(map(fold, given)) if given else frozenset()
    given += [name for name in markup.every(*APP_NAMES) if fold(name) not in headline]
    given = [name for name in given if len(words(name)) <= SITE_WORDS]
    host = readable_host(urlsplit(url).hostname or "") if url else ""
    site = readable_host(site_of_host(host)) if host else ""
    label = fold((host.removeprefix("www.") if site == host else site).split(".")[0])
    given += [text for heading in markup.headings if (text := heading_text(heading)) and _is_logo(heading, text, url)]
    names = (
        {fold(name) for name in given}
        | {fold(name.removeprefix("The ")) for name in given}
        | {fold(host), fold(host.removeprefix("www."))}
    )
    return SiteNames(frozenset(name for name in names if len(name) > 1), label)


def _is_logo(heading: lxml.html.HtmlElement, text: str, url: str | None) -> bool:
    """Tell whether a heading is one link to the home page, or to the blog that the page is in: then it names the site.

    A wiki's home has an address of its own; its heading is named a logo.
    """
    link = link_of(heading, text)
    if link is None or len(words(text)) > LOGO_WORDS:
        return False
    if LOGO_CLASS.search(class_and_id(heading)):
        return True
    try:
        target, page = urlsplit(urljoin(url or "", link.get("href") or "#")), urlsplit(url or "")
    except ValueError:
        return False
    if target.query or target.fragment or (url and target.hostname and not _same_host(target.hostname, page.hostname or "")):
        return False
    home = HOME_FILE.sub("/", target.path) or "/"
    return home == "/" if not url else page.path != home and page.path.startswith(home if home.endswith("/") else f"{home}/")


def _spellings(parts: list[str]) -> list[list[str]]:
    """Return words as they are and as hosts spell them: "Hürriyet" as `hurriyet`, "Süddeutsche" as `sueddeutsche`."""
    if all(map(str.isascii, parts)):
        return [parts]
    plain = ["".join(c for c in normalize("NFKD", part.translate(PLAIN)) if not combining(c)) for part in parts]
    return [parts, plain, [part.translate(GERMAN) for part in parts]]


def _same_host(a: str, b: str) -> bool:
    return a.removeprefix("www.") == b.removeprefix("www.")


def _spells(label: str, parts: list[str]) -> bool:
    """Tell whether beginnings of the words, one letter each at least, make the label: "Los Angeles Times" and `latimes`."""
    spelt = {0}  # so many letters of the label are made, in one way or another
    for part in parts:
        most = min(len(part), len(label)) + 1
        spelt = {start + n for start in spelt for n in range(1, most) if label.startswith(part[:n], start)}
    return len(label) in spelt
