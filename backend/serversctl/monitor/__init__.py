"""The one loop that decides: liveness, the lease, promotions, and the records that must follow."""
