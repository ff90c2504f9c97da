"""TLS certificates by ACME (RFC 8555) with proof in DNS, renewed in time and installed on every member."""
