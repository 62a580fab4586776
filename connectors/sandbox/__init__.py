"""Stand-in servers for demos and tests; they share no code with the connectors they are used to try.

`site` holds what a Jira knows and how it changes; `cloud` and `datacenter` serve it, each in its edition's shape;
`options` and `faults` say how a server behaves; `server` runs one; `portfolio` and `recorded` fill a site.
"""
