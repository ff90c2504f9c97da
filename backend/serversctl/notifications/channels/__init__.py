"""Ways out for messages: one file each, found by folder."""
