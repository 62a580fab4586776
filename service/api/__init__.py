"""HTTP: problem details, envelopes, ETags, routers."""
