"""URLs: the normal form that identities are made of, and the site that a host belongs to."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Query keys that say where a reader came from, or that it has no cookie, never which page this is.
TRACKER_KEYS = re.compile(
    r"phpsessid|jsessionid|utm_\w+|mtm_\w+|pk_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_ga|_gl|"
    r"cmpid|cmp|ocid|ncid|smid|sref|ref_src|ref_url|spm|at_(?:medium|campaign|custom\d)",
    re.IGNORECASE,
)
SESSION = re.compile(r";jsessionid=[^;]*", re.IGNORECASE)  # what servers in Java write into the path for who has no cookie
DEFAULT_PORTS = {"http": 80, "https": 443}
WEB = ("http://", "https://")  # how the address of a page of the web begins
PATH_SAFE = "!$&'()*+,;=:@-._~"
QUERY_SAFE = "!$'()*,;:@/?-._~"
BEYOND_ASCII = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
PLAIN_PATH = re.compile(r"(?:/(?!\.)[A-Za-z0-9!$&'()*+,;=:@._~-]*)*", re.ASCII)  # in its normal form, as nearly all are


@cache
def _suffixes() -> TLDExtract:
    """Return the list that comes with the package: no network, the same answer everywhere."""
    import tldextract  # brings requests, half of the time that the command line takes to start

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def normalise_url(url: str) -> str:
    """Return the normal form: lower-case host, no default port, dots resolved, no trackers, query sorted, no fragment.

    What is no http(s) URL comes back as it is.
    """
    try:
        return _normal_form(url.strip())
    except ValueError:  # a port that is no number, a bracket that is not closed, a host that IDNA refuses
        return url.strip()


def _normal_form(url: str) -> str:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = parts.hostname or ""
    host = ascii_host(host).rstrip(".")
    if scheme not in DEFAULT_PORTS or not host:
        return url
    if ":" in host:
        host = f"[{host}]"
    if parts.port and parts.port != DEFAULT_PORTS[scheme]:
        host = f"{host}:{parts.port}"
    query = _normal_query(parts.query) if parts.query else ""
    return f"{scheme}://{host}{_normal_path(parts.path)}{'?' if query else ''}{query}"


def without_userinfo(url: str) -> str:
    """Return a URL without name and password, which are nobody's to send on, to store or to log.

    Raises `ValueError` when no host is behind them: a path that begins with // would be taken for one.
    """
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    if at and not host:
        raise ValueError("no host behind the name")
    return parts._replace(netloc=host).geturl() if at else url


def ascii_host(host: str) -> str:
    """Return a host in Punycode as it is asked for; it may end in dots that it did not have: of an ellipsis. Raises `ValueError`.

    The codec of Python is that of 2003, by which straße.de is strasse.de: another site today.
    """
    if host.isascii():
        return host
    from yarl import URL

    return URL.build(scheme="http", host=host).raw_host or ""


def _normal_path(path: str) -> str:
    if ";" not in path and PLAIN_PATH.fullmatch(path):
        return path or "/"
    kept: list[str] = []
    segments = [SESSION.sub("", _normal_escapes(segment, PATH_SAFE)) for segment in path.split("/")[1:]]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _normal_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.replace("+", "%20").split("&") if part]
    kept = [(_normal_escapes(key, QUERY_SAFE), _normal_escapes(value, QUERY_SAFE)) for key, _, value in pairs]
    return "&".join(f"{key}={value}" for key, value in sorted(kept) if not TRACKER_KEYS.fullmatch(key))


def _normal_escapes(text: str, safe: str) -> str:
    """Escape what needs it and nothing else; byte by byte, since an escape may be of any encoding."""
    return quote(unquote_to_bytes(text), safe=safe)


def in_letters(text: str) -> str:
    """Return a URL, or a part of one, in letters in place of escapes; those of ASCII stay, since they may mean something."""
    return BEYOND_ASCII.sub(_letters, text) if "%" in text else text


def _letters(escapes: re.Match[str]) -> str:
    try:
        return unquote(escapes[0], errors="strict")
    except UnicodeDecodeError:  # of an older charset
        return escapes[0]


@lru_cache(maxsize=65536)
def site_of_host(host: str) -> str:
    """Return the registered domain of a host name, or the host itself where there is none (an address, `x.localhost`).

    As ASCII: a feed may write the host in its own script and a sitemap in Punycode, and both are one site, with one owner.
    """
    host = host.lower()
    with suppress(ValueError):  # IDNA refuses it
        host = ascii_host(host)
    host = host.rstrip(".")
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return _suffixes()(host).top_domain_under_public_suffix or host


def readable_host(host: str) -> str:
    """Return a host in its own script, as people write it."""
    if "xn--" not in host:
        return host
    from yarl import URL

    try:
        return URL.build(scheme="http", host=host).host or host
    except ValueError:
        return host


def site_of(url: str) -> str:
    """Return the site of a URL; empty for what has no host."""
    try:
        return site_of_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def url_id(url: str) -> str:
    """Return 32 hex digits that stand for a URL, whatever its spelling."""
    return _short_hash(normalise_url(url))


def article_id(canonical_url: str | None, content: str = "") -> str:
    """Return 32 hex digits: of the canonical URL, or of the content of a document that has no URL."""
    return url_id(canonical_url) if canonical_url else _short_hash(content)


def shard_of(site: str, shards: int) -> str:
    """Return the shard that owns a site: one task sees all of a site's pages and alone talks to its hosts."""
    return f"{int(_short_hash(site)[:8], 16) % shards:03d}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
