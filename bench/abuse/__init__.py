"""The crowd that the figures of abuse are measured under."""
