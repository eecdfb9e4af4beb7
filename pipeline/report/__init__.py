"""What a night did, for people."""
