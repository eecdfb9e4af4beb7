"""What the names of tags, classes and ids say about a part of a page: groups of words as bits of one number.

Class names are written by programmers, mostly in English on sites of any language, so these words may be used for all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from pipeline.memo import remember_short

MAX_NAMES = 500  # characters of a class, an id or a role that are read
# Where parts have names of their own on pages whose classes a program made up: "css-1r7ky0e".
OWN_NAMES = ("data-testid", "data-component", "data-hook", "data-qa")

# Group -> words. A token of a class or id counts when it equals a word, or starts with a word that ends in "*".
GROUPS: dict[str, str] = {
    "share": (
        "share* sharing social* addthis sharethis sharedaddy follow* facebook twitter whatsapp linkedin "
        "pinterest bookmark* like likes"
    ),
    "related": (
        "related* recommend* recirc* more morefrom readmore popular trending mostread latest also next prev "
        "previous similar seealso suggested outbrain taboola zergnet upnext recent jp* crosslink* "
        "furtherreading"
    ),
    "advert": (
        "ad ads adv advert* adslot* adunit* adbox adsense advertorial dfp gpt sponsor* promo* promoted "
        "promotion commercial banner werbung anzeige anzeigen publicidad publicite pubblicita reklama "
        "affiliate"
    ),
    "newsletter": (
        "newsletter* subscribe* subscription* signup mailinglist mailchimp optin optinform email* register "
        "registration paywall* donate donation membership abo"
    ),
    "comment": (
        "comment* trackback* pingback* disqus discussion respond reply replies kommentar* comentario* commentaire* forum livefyre "
        "guestbook*"
    ),
    "caption": (
        "caption* credit credits photocredit copyright wpcaption figcaption bildunterschrift legend pie legende cutline "
        "imgdesc* picdesc* didascalia bijschrift onderschrift bildtext* bildnachweis billedtekst* bildetekst* kuvateksti*"
    ),
    "media": (
        "image* img photo* picture gallery slideshow carousel slider video* player audio media thumbnail* "
        "thumb embed* figure lightbox"
    ),
    "byline": "byline* author* autor writer contributor contributors reporter dateline auteur redakteur vcard",
    "bio": "bio biography about aboutauthor authorbio authorbox profile",
    "date": ("date* time timestamp published pubdate posted updated datum fecha meta postmeta entrymeta articlemeta info"),
    "nav": ("nav* menu* breadcrumb* crumb* topbar toolbar navbar pagination pager paging paginate skip sitemap hamburger tabs tab"),
    "footer": "footer* foot colophon copyright legal disclaimer bottom",
    "header": "header* masthead topheader head banner logo branding",
    "sidebar": ("sidebar* side rail rightrail aside widget* secondary tertiary rightcol rightcolumn leftcol complementary"),
    "tags": "tag tags taglist topics topic keywords categories category cat labels filedunder",
    "body": (
        "body articlebody storybody postbody entrycontent postcontent articlecontent storycontent articletext "
        "storytext bodytext maintext text paragraph* richtext rte prose copy content fulltext textbody "
        "wysiwyg"
    ),
    "article": ("article* story* post entry hentry singlepost blogpost news main primary content maincontent single page"),
    "headline": "headline* title* heading entrytitle posttitle articletitle hed headlines kicker eyebrow",
    "summary": (
        "summary dek standfirst lead* lede intro excerpt teaser* subtitle subhead* deck abstract description chapeau vorspann"
    ),
    "list": "list* card* grid item* tile* feed river stream archive collection block module row col",
    "popup": (
        "modal popup overlay dialog tooltip dropdown toast lightbox hidden hide collapse offscreen sr "
        "visuallyhidden screenreader print"
    ),
    "consent": "cookie* consent gdpr privacy terms notice alert warning message",
    "quote": "quote* pullquote blockquote pull",
    "infobox": ("infobox factbox box sidebarbox key highlights keypoints toc contents glance fact callout aside inset note"),
    "rating": "rating review* stars score vote votes poll quiz widget product price buy shop cart deal",
    "login": "login signin account user profile password search* form",
}

# Tags that speak for themselves, each a bit of its own behind the groups.
TAGS = (
    "nav",
    "footer",
    "header",
    "aside",
    "article",
    "main",
    "form",
    "figure",
    "section",
    "table",
    "ul",
    "ol",
    "dl",
    "blockquote",
    "button",
    "details",
)

NAMES: tuple[str, ...] = (*GROUPS, *(f"<{tag}>" for tag in TAGS))
BITS = len(NAMES)

_TAG_BITS = {tag: 1 << (len(GROUPS) + position) for position, tag in enumerate(TAGS)}
_TAG_BITS |= {"figcaption": _TAG_BITS["figure"], "fieldset": _TAG_BITS["form"]}
_ROLES = {
    "navigation": "nav",
    "contentinfo": "footer",
    "banner": "header",
    "complementary": "aside",
    "main": "main",
    "article": "article",
}

# How social networks name what others embed of them; the name of the network alone is that of a button.
POST = re.compile(
    r"twitter-(?:tweet|video)|instagram-media|fb-(?:post|video)|(?:tiktok|bluesky|mastodon)-embed|reddit-(?:card|embed)|text-post-media"
    r"|^amp-(?:twitter|instagram|facebook|tiktok|reddit)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Letters of a hash, between its digits, are no word: "sc-f98b1ad2" is no advertisement.
_TOKEN = re.compile(r"(?<![a-z])(?:(?<!\d)[a-z]+|[a-z]+(?![a-z\d]))")


def _vocabulary() -> tuple[dict[str, int], dict[str, int]]:
    exact: dict[str, int] = {}
    prefixes: dict[str, int] = {}
    for position, words in enumerate(GROUPS.values()):
        for word in words.split():
            target = prefixes if word.endswith("*") else exact
            key = word.removesuffix("*")
            target[key] = target.get(key, 0) | 1 << position
    return exact, prefixes


_EXACT, _PREFIXES = _vocabulary()
_START = min(map(len, _PREFIXES))
# The prefixes by their first letters: most words begin as none of them does.
_BY_START = {
    start: [item for item in _PREFIXES.items() if item[0].startswith(start)] for start in {key[:_START] for key in _PREFIXES}
}


@lru_cache(maxsize=65536)
def _token_bits(token: str) -> int:
    bits = _EXACT.get(token, 0)
    for prefix, group in _BY_START.get(token[:_START], ()):
        if token.startswith(prefix):
            bits |= group
    return bits


@remember_short(16384)
def _name_bits(name: str) -> int:
    name = name[:MAX_NAMES]
    lower = name.lower()
    tokens = _TOKEN.findall(lower if lower == name else _CAMEL.sub(" ", name).lower())
    bits = 0
    for token in tokens:
        bits |= _token_bits(token)
    for first, second in pairwise(tokens):  # entry-content, read_more
        bits |= _token_bits(first + second)
    return bits


def own_names(html: str) -> tuple[str, ...]:
    """Return those of `OWN_NAMES` that a page may have: most have none, and to ask each element for each of them takes its time."""
    return tuple(name for name in OWN_NAMES if name in html)


def mask_of(tag: str, class_name: str | None, identifier: str | None, role: str | None, own: str | None = None) -> int:
    """Return the groups that an element's tag, class, id, role and own name name, as bits in the order of `NAMES`."""
    bits = _TAG_BITS.get(tag, 0)
    if class_name:
        bits |= _name_bits(class_name)
    if identifier:
        bits |= _name_bits(identifier)
    if own:
        bits |= _name_bits(own)
    if role:
        bits |= _TAG_BITS.get(_ROLES.get(role, ""), 0)
    return bits
