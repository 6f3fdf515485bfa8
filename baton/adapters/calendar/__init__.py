"""Invites, replies to them, and times at which both sides can talk."""
