"""The fire: Baton among neighbours that misbehave, with processes that are killed.

`make chaos SEED=1 N=2000` hands leads over while mail, CRM and people misbehave by a seed, worker
processes die by `kill -9` at numbered crash points and at random, and PostgreSQL is restarted. At
the end the neighbours' own logs are judged, never our tables.

What comes from the seed: who the leads are, what every person does and when, what goes wrong with
the nth try of each mail and CRM write, which crash points are aimed at. What cannot: how several
real processes interleave. So the printed command repeats the same fire, and a fault that needs one
certain interleaving may need more than one try to show again.
"""
