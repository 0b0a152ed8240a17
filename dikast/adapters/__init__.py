"""Plugs for the tools people already use: one module per tool, none imported unless asked for.

Every module here imports without its tool; what needs it says which extra of dikast brings it.
"""
