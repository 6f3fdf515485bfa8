"""How often matching people and companies is right, on pairs that were labelled by hand."""
