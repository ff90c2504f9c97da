"""Which member serves a pool: readiness, verdicts, choice, cutovers and the record of each."""
