"""A workday: lists in the order to work them, what came of a contact, whose everything is, and alerts."""
