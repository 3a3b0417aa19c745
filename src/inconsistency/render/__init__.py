"""`Report` -> something to read: `terminal`, `html` (a page, a notebook's fragment), `markdown`, `lines`, `index`.

Each is imported where it is used, so that a program that only wants numbers pays for none of it.
"""
