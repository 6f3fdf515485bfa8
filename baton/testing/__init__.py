"""Test doubles and a mail world that ship with the package; the demo plays in them too."""
