"""The use cases of failover. Each takes a Session; the edge opens and commits it."""
