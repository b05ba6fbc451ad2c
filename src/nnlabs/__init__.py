"""A reproducible bench of neural-network labs."""
