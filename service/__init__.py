"""The service: pure domain in the middle, a SQL store under it, programs and syncs around, an API and pages at the edge."""
