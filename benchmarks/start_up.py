"""How long `import dikast` and `dikast --help` take, and what they load.

python benchmarks/start_up.py [--runs 9]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import dikast": ["-c", "import dikast"],
    "dikast --help": ["-m", "dikast", "--help"],
    "import dikast.api": ["-c", "import dikast.api"],
}


def main() -> None:
    """Time each command as a whole process; print the median."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    for name, words in COMMANDS.items():
        times = []
        for _ in range(runs + 1):
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        ranked = sorted(times[1:])  # the first run warms the file cache
        print(f"{name:<18} median {ranked[runs // 2]:.3f} s (least {ranked[0]:.3f} s)")


if __name__ == "__main__":
    main()
