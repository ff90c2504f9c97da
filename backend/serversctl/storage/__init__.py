"""The object store: a folder on this machine or an S3-compatible bucket, behind one small port."""
