"""The audit: how far each judge can be trusted, what the panel gains, what to fix first."""
