"""Stand-in servers for demos and tests; they share no code with the connectors they are used to try."""
