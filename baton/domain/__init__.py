"""The nouns of the hand-off and what is always true of them; imports nothing of ours."""
