"""The command line: one file a group of commands; each is thin and imports late."""
