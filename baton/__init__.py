"""Baton hands leads from lead generation to sales, and drops none."""
