"""Tests of hpo_trial: the real worker, as a process, over pipes."""
