"""A flagged pair -> `Evidence`: what kind of conflict it is and which words clash.

Rules over the words and laying the sentences side by side (`alignment.py`) give candidates for the words that
clash (`candidates.py`); where that leaves something open, the NLI model is asked which words its verdict hangs
on (`questions.py`). The kind comes from what clashes or from the model's own head for kinds. What none of them can
say is left unsaid.
"""

from inconsistency.evidence.caveats import caveat
from inconsistency.evidence.explain import explain_all
from inconsistency.evidence.types import KINDS, Clash, Evidence, Kind

__all__ = ["KINDS", "Clash", "Evidence", "Kind", "caveat", "explain_all"]
