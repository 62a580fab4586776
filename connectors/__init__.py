"""Connectors: give one credentials, a scope and a cursor; it yields pages of raw records and normalised items.

A library of its own. It has never heard of programs, and it imports nothing from `service`.
"""
