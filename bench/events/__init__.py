"""What the scripts about the log share."""
