"""`inconsistency serve`: a page on this computer for a desk that checks articles, and the same for programs.

`command` listens, `app` has the addresses, `desk` does what is asked there, `requests` reads and refuses, `pages`
answers. Starlette rather than a larger framework: there is one page, and forms are read with the standard library.
Only `command` is imported here, for every command's parser imports this.
"""

from inconsistency.serve.command import add_arguments as add_arguments
from inconsistency.serve.command import run as run
