"""Check an article and print what contradicts what.

python examples/check_article.py examples/toll.txt --false-flags broad
"""

import argparse
from pathlib import Path

from inconsistency import Detector


def main() -> None:
    """Check the article that the arguments name."""
    parser = argparse.ArgumentParser(description="Check an article and print what contradicts what.")
    parser.add_argument("file", type=Path, help="a UTF-8 text file")
    parser.add_argument("--false-flags", choices=("strict", "default", "broad"), default="default")
    args = parser.parse_args()

    report = Detector(false_flags=args.false_flags).check(args.file.read_text(encoding="utf-8"))
    found = f"{len(report.contradictions)} flagged in {report.counts.sentences} sentences"
    print(f"{found}, score {report.score:.2f}, preset {args.false_flags!r}")
    for c in report.contradictions:
        print(f"\n{c.probability:.0%} {c.kind}")
        print(f"  [{c.first.start}:{c.first.end}] {c.first.text}")
        print(f"  [{c.second.start}:{c.second.end}] {c.second.text}")


if __name__ == "__main__":
    main()
