"""What a lead gave in one form, and company data by domain."""
