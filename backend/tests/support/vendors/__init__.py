"""Stand-ins for vendors that cannot be had here: real little HTTP servers that misbehave on demand."""
