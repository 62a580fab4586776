"""Answers as tables for a terminal; readable without colour and in a narrow window."""
