"""The service: a pure domain in the middle, a SQL store under it, programs and syncs around, an API at the edge."""
