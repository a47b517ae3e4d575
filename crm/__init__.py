"""What we know, and when we knew it: history, operations database, connectors."""
