"""INPUT arguments -> rows: `sources` finds inputs, `files` opens them, `readers` read them, `rows` checks them."""

TABLES = ("jsonl", "csv", "tsv", "parquet")
# Written out, since the parser needs them and `inconsistency.files` would bring the first stage; a test compares.
FORMATS = (*TABLES, "txt", "html", "docx", "pdf")
# Characters of a text. Longer than any newspaper feature (about 30,000 words): a book in one row would hold up
# everything behind it.
MAX_CHARS = 200_000
