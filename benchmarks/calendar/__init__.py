"""The group `calendar`: finding times at which both sides can talk, and taking them."""
