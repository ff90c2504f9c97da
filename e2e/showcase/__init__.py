"""A furnished installation: the real control plane with pools, members that beat, jobs, DNS and a failover behind it."""
