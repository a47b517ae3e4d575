"""What was true before a cutoff."""
