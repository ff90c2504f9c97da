"""DNS: provider credentials, the record that a pool owns, and the one way in which it is changed."""
