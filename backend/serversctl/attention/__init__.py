"""What a person should look at now, across all pools of an account."""
