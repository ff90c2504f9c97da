"""Disaster recovery: another member's backup onto this one, standbys and fresh hosts from backups, and drills."""
