"""Jobs: a command ordered for one member, run at most once per attempt, its outcome never invented."""
