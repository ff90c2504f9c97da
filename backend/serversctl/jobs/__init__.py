"""Commands for members: ordered here, claimed, run and reported by the agent."""
