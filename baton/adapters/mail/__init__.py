"""Mail out and in: a transport, mailboxes, and what a message that came in is."""
