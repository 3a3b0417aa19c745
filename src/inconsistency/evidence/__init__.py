"""A flagged pair -> `Evidence`: what kind of conflict it is and which words clash.

Rules over the words come first (`_rules.py`); where they find no clashing words, the NLI model is
asked which words its verdict hangs on (`_occlusion.py`); what neither can say is left unsaid.
"""

from inconsistency.evidence._explain import FlaggedPair, explain, explain_all
from inconsistency.evidence._rules import sure_clashes
from inconsistency.evidence._types import KINDS, Clash, Evidence

__all__ = ["KINDS", "Clash", "Evidence", "FlaggedPair", "explain", "explain_all", "sure_clashes"]
