"""Checks of what a user gives, shared by all public functions: kinds, labelled arrays, sizes and typed numbers."""
