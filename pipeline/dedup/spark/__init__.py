"""Near-duplicates on Apache Spark, for more documents than one machine can hold: the same core, the same answer.

    session     starts Spark, or says what is missing
    frames      documents as rows; groups of rows as tables for a function
    documents   numbers by age, equal texts once, dates that can be believed
    candidates  sketches in mapInArrow, joined by band and by shingle
    verify      verdicts on pairs, in the two passes of the single process
    components  alternating star
    stories     stories of each component, canonicals, members
    passages    what was taken from other stories
    engine      all of it, in order

The functions that decide are those of the single process (`pipeline.dedup`); each is given tables that are closed: with all
that its answer depends on. Rows carry documents by number, and every function numbers what it gets anew in the same order.
"""
