"""The cookies of one page and its redirects: some servers set one and send to the same address again, until it comes back."""

from __future__ import annotations

import aiohttp
from yarl import URL

from pipeline.fetch.exchange import Exchange
from pipeline.fetch.warc import Headers, values_of


class Cookies:
    """What was set on the way to a page, for the hosts and paths that it was set for; nothing of it is kept."""

    def __init__(self) -> None:
        self._jar: aiohttp.CookieJar | None = None  # made when something is set; most pages are no redirects
        self._sent: set[tuple[str, Headers]] = set()

    def take(self, exchange: Exchange) -> None:
        """Take what an answer sets."""
        values = list(values_of(exchange.headers, "set-cookie"))
        if values:
            self._jar = self._jar or aiohttp.CookieJar(unsafe=True, quote_cookie=False)  # also of hosts that are addresses
            self._jar.update_cookies_from_headers(values, URL(exchange.url))

    def sent_to(self, url: str) -> Headers:
        """Return the header for a request, none where nothing is set for its URL, and remember that it was sent."""
        header = self._header(url)
        self._sent.add((url, header))
        return header

    def are_new_to(self, url: str) -> bool:
        """Say whether a URL was not asked for yet with what is set for it by now."""
        return (url, self._header(url)) not in self._sent

    def _header(self, url: str) -> Headers:
        if self._jar is None:
            return ()
        pairs = [f"{name}={morsel.coded_value}" for name, morsel in self._jar.filter_cookies(URL(url)).items()]
        return (("Cookie", "; ".join(sorted(pairs))),) if pairs else ()
