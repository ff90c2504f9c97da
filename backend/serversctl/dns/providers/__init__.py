"""DNS providers: one file each, found by folder. A file imports `dns.ports` and `kernel`, nothing else of ours."""
