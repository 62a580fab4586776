"""Shapes of the answers, for the OpenAPI document and the CSV columns; answers themselves are ready bytes."""
