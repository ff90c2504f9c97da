"""Every rule of failover as pure values in, decision out. The numbers R1 to R12 name the rules in docs/decisions/0020-who-decides-and-who-writes.md."""
