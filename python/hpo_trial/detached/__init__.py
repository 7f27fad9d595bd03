"""A worker that stays when its host's connection does not: its pipes are files, which the host visits."""
