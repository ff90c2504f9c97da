"""One command (or group) per file: each holds a `command`, and is found by folder."""
