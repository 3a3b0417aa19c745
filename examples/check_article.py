"""Check an article and print what contradicts what.

python examples/check_article.py examples/toll.txt
"""

import sys
from pathlib import Path

from inconsistency import Detector

detector = Detector(false_flags="broad")
report = detector.check(Path(sys.argv[1]).read_text(encoding="utf-8"))
print(f"{len(report.contradictions)} flagged in {report.counts.sentences} sentences, score {report.score:.2f}")
for c in report.contradictions:
    print(f"\n{c.probability:.0%} {c.kind}")
    print(f"  [{c.first.start}:{c.first.end}] {c.first.text}")
    print(f"  [{c.second.start}:{c.second.end}] {c.second.text}")
