"""A file -> `Article`: `kinds` tells what a file is; `plain`, `html`, `word` and `pdf` read one kind each.

Text and headline of an article are those that are extracted: all offsets of a report point into them.
"""

from inconsistency.files.kinds import ARTICLES as ARTICLES
from inconsistency.files.kinds import SUFFIXES as SUFFIXES
from inconsistency.files.reading import LARGEST_DOCUMENT as LARGEST_DOCUMENT
from inconsistency.files.reading import article_from_bytes as article_from_bytes
from inconsistency.files.reading import read_article_file as read_article_file
from inconsistency.files.reading import require_reader as require_reader
