"""The shortest use: ask a panel about an answer and read what it says.

    python examples/three_lines.py

Runs on the embedded panel: rule-backed baseline judges that need no model, network or key. Put
`Panel(["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "ollama/llama3"])` in its place to let
models judge.
"""

from __future__ import annotations

from dikast import Panel

PASSAGES = ["The bridge was opened in 1978 and repainted in 2016."]

panel = Panel.embedded("groundedness")
verdict = panel.judge(question="When?", response="In 1978.", contexts=PASSAGES)
print(verdict.status, verdict.score, verdict.confidence)

# A panel that cannot tell says so: no score, and the reason why.
unsure = panel.judge(question="When?", response="In 1978.")
print(unsure.status, unsure.score, unsure.reason)
