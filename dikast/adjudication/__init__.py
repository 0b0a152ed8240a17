"""A person at the end of a panel: whom to ask about what, how it is shown, what comes of it."""
