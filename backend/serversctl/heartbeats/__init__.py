"""Heartbeats: intake, the latest state of each member, its bounded history, and what that says of its life."""
