"""Free screens for what may sway a judge besides merit. One detector per file.

A detector is a module with `detect(docket, ballots) -> list[BiasFinding]`: pure, deterministic,
linear in the length of the texts, never raising. Every finding quotes text that occurs where it
says. None changes a score.

Severity is the same policy for all of them:

- `grave` (the criterion becomes contested) only where a ballot's rationale demonstrably leans on
  the thing, or where the input holds an instruction aimed at the judge, or text hidden from people
  that carries one;
- `note` (reported only) for everything else, and always where a text merely mentions or quotes
  such a thing: an answer about prompt injection is no attack.

Each detector holds its cues, in several languages, as a table (the longest one is `_attacks.py`);
what detectors share is in `_texts.py` and
`_leaning.py`.
"""
