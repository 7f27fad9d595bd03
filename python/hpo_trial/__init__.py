"""Runs one trial after another beside the user's training code; PROTOCOL.md says how a host talks to it."""
