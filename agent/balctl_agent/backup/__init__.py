"""Backups of this host's configuration: made, sealed, carried away, brought back."""
