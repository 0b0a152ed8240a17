"""Models: the gateway that every call goes through, and the litellm transport under it."""
