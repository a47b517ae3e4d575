"""Back to where people work: the outbox of changed scores and taps, sent once."""
