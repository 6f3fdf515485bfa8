"""What Baton's claims about speed rest on: `make bench` measures each of them anew."""
