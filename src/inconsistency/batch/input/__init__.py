"""INPUT arguments -> rows: `sources` finds inputs, `files` opens them, `readers` read them, `rows` checks them."""

FORMATS = ("jsonl", "csv", "tsv", "parquet", "txt")
# Characters of a text. Longer than any newspaper feature (about 30,000 words): a book in one row would hold up
# everything behind it.
MAX_CHARS = 200_000
