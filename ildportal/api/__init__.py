"""The REST API: what programs read and write, by the same access, writers and checks as the pages."""
