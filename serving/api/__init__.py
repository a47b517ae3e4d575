"""Endpoints: one file each, discovered."""
