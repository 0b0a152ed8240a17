"""A panel in a file: load it, judge with it, write it back, and see a mistake named.

    python examples/panel_in_toml.py
    dikast panel check examples/panel.toml

`panel.toml` names its rubric file, a rule, a critic and the protocol; nothing in it is a secret, so
it belongs under version control beside the cases.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from dikast import Panel
from dikast.errors import ConfigError
from dikast.minutes import headline
from dikast.records.cases import read_cases

HERE = Path(__file__).parent


def main() -> None:
    panel = Panel.load(HERE / "panel.toml")
    print(panel)

    for case in read_cases(HERE / "cases.jsonl", limit=3):
        print(headline(panel.judge(case)))

    # The same bench, another rubric.
    plain = Panel.from_spec(Panel.with_rubric(panel.spec, "groundedness"))
    print(plain)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.toml"
        file.write_text(panel.to_toml(), encoding="utf-8")
        print(f"read back unchanged: {Panel.load(file).spec == panel.spec}")

        # A mistake is told with file, line and what to do, before anything is asked.
        wrong = panel.to_toml().replace("embedded/exact", "embedded/exakt")
        file.write_text(wrong, encoding="utf-8")
        try:
            Panel.load(file)
        except ConfigError as error:
            print(str(error).replace(folder, "."))


if __name__ == "__main__":
    main()
