"""What `serversctl doctor` looks at: one subject per file, each with a `check`, found by folder."""
