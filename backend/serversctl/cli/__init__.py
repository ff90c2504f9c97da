"""The `serversctl` program: one file per command in `commands/`."""
