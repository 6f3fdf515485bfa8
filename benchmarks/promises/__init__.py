"""Due times in working minutes, compared with counting one minute after the other."""
