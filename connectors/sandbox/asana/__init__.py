"""A stand-in Asana for demos and tests.

`site` holds what an Asana knows and how people change it; `application` serves it; `options` says how the server
behaves; `portfolio` and `bulk` fill a site.
"""
