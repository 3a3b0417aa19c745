"""Cold start and memory: what a first `inconsistency check` costs.

    python -m benchmarks.startup

Starts fresh processes: `import inconsistency`, `inconsistency --help`, and a whole `check` of an example
article. Prints medians of wall-clock seconds and the peak resident memory of the child.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import provenance

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "startup.json"
ARTICLE = ROOT / "examples" / "toll.txt"


def timed(command: list[str], repeats: int) -> dict[str, float]:
    """Median and spread of a command's wall-clock, after one warm-up."""
    seconds = []
    for number in range(repeats + 1):
        start = time.perf_counter()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        if number:
            seconds.append(time.perf_counter() - start)
    of = {"median_s": statistics.median(seconds), "min_s": min(seconds), "max_s": max(seconds)}
    return {name: round(value, 3) for name, value in of.items()}


def main(argv: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args(argv)
    about = provenance.about("startup", sys.argv[1:] if argv is None else argv)
    run = [sys.executable, "-m", "inconsistency"]
    results: dict[str, object] = {
        "import": timed([sys.executable, "-c", "import inconsistency"], args.repeats),
        "help": timed([*run, "--help"], args.repeats),
        "python alone": timed([sys.executable, "-c", "pass"], args.repeats),
        "check": timed([*run, "check", str(ARTICLE), "--json"], args.repeats),
    }
    # The largest child so far is the check: the others load no model. Linux counts in KiB.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    results["check_peak_rss_mb"] = round(peak)
    record = about | {"python": platform.python_version(), "results": results}
    print(json.dumps(record, indent=1))
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
