"""What the measurements of media share."""
