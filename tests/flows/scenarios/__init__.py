"""Twelve scenarios that a connector must survive, each staged whole on the stand-in servers, one file each.

Where a part of one is looked at more closely elsewhere in tests/flows, the scenario is told here all the same.
"""
