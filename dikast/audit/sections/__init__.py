"""Sections of an audit: each turns a table of ballots into figures on one topic."""

from dikast.audit.sections._lens import Lens

__all__ = ["Lens"]
