"""Runs one segment wherever it is, with nothing but HTTP to its host: ``python3 -m hpo_trial segment``."""
