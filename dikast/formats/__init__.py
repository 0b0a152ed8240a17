"""Reply formats: how to ask for an answer and how to read it, one file per format.

`contract` says what a format is; `tolerant` finds the one JSON object that a reply is. A file with
the attribute `FORMAT` is a format, and its stem is its name.
"""
