"""Every number that the detection of duplicates depends on, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupParams:
    """Parameters of sketches, candidates, verdicts and stories.

    MinHash: two texts whose 3-word shingles have Jaccard similarity s agree in a band of r rows with probability s^r,
    and in at least one of b bands with 1 - (1 - s^r)^b. With 64 bands of 3 rows: .06 at s = .1, .81 at .3, 1 at .5.
    FracMinHash keeps a shingle of 6 words when its hash falls into the lowest quarter, in every text alike, so a passage of
    n words that two texts share gives them (n - 5) / 4 common hashes, however long the texts are.
    """

    bands: int = 64
    rows: int = 3
    fraction: int = 4  # one 6-word shingle in so many is kept
    shared: int = 2  # common kept shingles that make a candidate: fewer are a common phrase
    bucket: int = 48  # a bucket of more documents is joined to its first `hubs` and its next neighbour only
    hubs: int = 8
    # Beyond the window only so many bands are kept of a text that stood for itself, and so many of them must agree: at s = .6
    # .77 of the pairs do, at .7 .95, and of unrelated texts none, however many there are.
    far: int = 12
    far_shared: int = 2
    closure: int = 20_000  # documents of other nights that are decided on again with tonight's, or four times as many as these
    partners: int = 12  # a document of a large family is compared with so many that agree with it in most bands

    # A copy: the smaller text lies in aligned zones of the larger one, the larger one is covered enough, and not both have
    # a long stretch of their own.
    contained: float = 0.66
    covered: float = 0.34
    matched: float = 0.6  # of which this share of the smaller text must be equal words
    even: float = 0.60  # or both lie in the zones to such a share, the larger text to `both`
    both: float = 0.50
    apart: float = 0.36
    # What two texts lack of each other is no denial: both may be copies of a third, where one was cut off and the other has a new
    # lead. What is said is one, where so much of one text stands in the other.
    akin: float = 0.35
    # Retold: perhaps not a copy but another text after the same source. Both have such a share (weight) of their own, and of
    # neither does so much stand in equal runs of 8 words: an editor leaves most sentences alone, or has little to add.
    own: float = 0.12
    runs: float = 0.66
    # But an editor turns the passages around that there are, and what each text begins with stands in the other: who tells a thing
    # anew, or invents, goes along the text, and who writes a report of the own begins with what the other has not.
    turned: float = 0.9
    turned_zones: int = 3
    turned_lead: float = 0.4
    turned_gap: float = 0.3
    # Or an editor cut sentences out and put others in, but let the words of those that were kept stand.
    kept_same: float = 0.93
    kept_lead: float = 0.6
    kept_gap: float = 0.35
    # An editor does not reword what somebody said: where most of what is shared stands in quotation marks, and yet runs are
    # broken, somebody put other words into a mouth.
    quoted: float = 0.75
    quoted_runs: float = 0.72
    # Not copies but the same sidebar: both have so much (weight, share) that no other text aligned with them has.
    alone: tuple[tuple[float, float], ...] = ((40.0, 0.08), (12.0, 0.2))
    # A sidebar stands on one site: of texts on two sites, so much of that weight may be a lead of their own.
    lead: float = 20.0
    # A cut copy: the smaller text is the beginning of the larger one, in order.
    cut_contained: float = 0.55
    cut_lead: float = 0.4
    cut_covered: float = 0.08
    cut_order: float = 0.25
    cut_gap: float = 0.40
    # Or below an introduction of 32 words or fewer, where the smaller text is hardly more than the very beginning of the other.
    introduced: float = 0.6
    introduced_lead: float = 0.2
    whole_lead: float = 0.9
    # Abridged: the smaller text has nothing of its own, and its words stand in several places all through the larger one, in order.
    abridged: float = 0.9
    abridged_covered: float = 0.12
    # A form (weather, markets, fixtures): the words agree, the names and figures do not.
    names: float = 0.72  # share of names and figures in the zones that agree
    names_one: float = 0.5  # the same where there is but one place: one of three names may be spelled in another way
    slots: float = 2.5  # places with other names or figures in both texts, in 100 aligned words
    fills: float = 1.6  # places that each of the two fills with words that no other copy has, in 100 aligned words
    fills_least: int = 3  # such places: each version of a live story may have two figures of its own, such as dead and injured
    filled: int = 2  # places with other names: one alone may be a correction of a short text
    # But where so many figures agree and none is another, names are spelled in another way, or are German nouns: who fills a form
    # anew fills in the figures, too. Of more than `unnamed`: a short form may have the number of a law or of a telephone alone.
    same_figures: int = 3
    form_figures: int = 8
    figures: float = 0.45
    # and no fewer other figures than so many in 100 aligned words, one in every three or four sentences: in a long article the few
    # there are may be converted or corrected.
    figures_close: float = 1.5
    # Nor one of which no more names and no more other words differ than such a share: then figures were brought up to date.
    updated: float = 0.06
    # Of names and figures, where several agree and such a share does, what two texts share can be no form.
    vouched: float = 0.9
    # Fewer figures (of both texts) will do where none agrees and slots stand closer than the new figures of an update: German
    # nouns count for names, and those of the form agree.
    other_figures: int = 4
    other_slots: float = 4.5
    # Also a form: of so little (weight) no name and no figure agrees, no more than such a share does, and runs are broken. Names
    # do not show in scripts without capitals.
    unnamed: float = 150.0
    nameless: float = 90.0  # and of so little where there is no name and no figure that could agree
    unnamed_same: float = 0.8
    # Also a form: of so little, with so many figures in it and right beside it, hardly one agrees, and no more than such a share of
    # the words: of an update most figures change at times, but not the words around them.
    short_figures: int = 6
    short_same: float = 0.85
    # Also a form: of so little, nearly all of either text, other names stand in so many places, as close as slots must, and of the
    # words that are no names such a share agrees: who edits a text, or updates it, changes these.
    named: int = 3
    named_covered: float = 0.7
    named_same: float = 0.95
    # Also a form: what each text has of its own is a list of figures (so many, this share of its own words, and of the text).
    listed: int = 5
    listed_own: float = 0.4
    listed_share: float = 0.1
    composite: float = 0.62  # a text of which no single story covers so much, while several together do, is stitched
    cut_remainder: float = 0.85  # the same where the two begin alike
    remainder: float = 0.5  # share of the rest of a text that other stories cover, which makes it stitched
    # A notice: two texts that begin in their own way share no more than such a share of either, and other texts have that, too.
    notice: float = 0.85
    # Also a form: a standing beginning and end, word for word, around stretches of which each is such a share of its text.
    framed: float = 0.25
    framed_same: float = 0.98

    passage: int = 14  # words of the shortest passage that counts as taken from elsewhere
    passage_alone: int = 20  # the same of a text of which nothing else is known to be taken: a phrase of a trade may be as long
    common: int = 3  # stories that are not stitched and have a passage too: then it is boilerplate
    passage_names: float = 0.6  # share of its names and figures that must agree

    @property
    def limit(self) -> int:
        """The greatest hash of a 6-word shingle that is kept."""
        return 2**64 // self.fraction - 1
