"""From items to answers: assign, recompute, read."""
