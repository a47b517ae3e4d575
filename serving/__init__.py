"""Scores, worklists, API and pages: what people and programs get."""
