"""The command line: serversctl up, web, worker, monitor, status, doctor and the rest."""
