"""Runs one segment where nothing can be reached: all comes with the job, and all goes into one file: ``python3 -m hpo_trial job``."""
