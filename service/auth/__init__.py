"""Proving who asks: API keys, tokens of the identity provider, sessions of people. What they may is `domain.access`."""
