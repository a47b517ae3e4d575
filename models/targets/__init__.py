"""What is predicted: one target a file."""
