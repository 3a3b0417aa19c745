"""A flagged pair -> `Evidence`: what kind of conflict it is and which words clash.

Rules over the words (`_rules.py`) and laying the sentences side by side (`_align.py`) give candidates for
the words that clash (`_clashes.py`); where that leaves something open, the NLI model is asked which words
its verdict hangs on (`_occlusion.py`). The kind comes from what clashes or from a classifier
(`_kinds.py`). What none of them can say is left unsaid.
"""

from inconsistency.evidence._caveats import caveat
from inconsistency.evidence._explain import FlaggedPair, explain, explain_all
from inconsistency.evidence._types import KINDS, Clash, Evidence

__all__ = ["KINDS", "Clash", "Evidence", "FlaggedPair", "caveat", "explain", "explain_all"]
