"""Who is who and who may do what: people, teams, keys, the one table of rights, and the log of what was done."""
