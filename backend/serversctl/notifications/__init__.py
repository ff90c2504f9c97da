"""Messages to people, through channels that are one file each."""
