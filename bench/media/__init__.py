"""What the scripts about media share."""
