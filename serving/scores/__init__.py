"""Scores: of everybody at a moment, of one subject live, and how they moved."""
