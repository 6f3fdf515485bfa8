"""The texts that people read: rendered from the rules folder, composed into mails."""
