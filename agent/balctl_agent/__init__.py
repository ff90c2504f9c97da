"""The ServersCTL agent: heartbeats, facts and jobs of one host. Built into the single file balctl_heartbeat.py."""
