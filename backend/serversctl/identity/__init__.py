"""Accounts, users, sessions, API tokens, permissions and the audit trail."""
