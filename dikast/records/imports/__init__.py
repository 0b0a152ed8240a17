"""Judgements that other tools recorded: one file per format, found by the registry.

A format is a module with `IMPORT` (`dikast.records.imports._contract.Importer`). Its docstring says
which program writes the file. `dikast import FORMAT FILE` makes a run file of what it reads.
"""
