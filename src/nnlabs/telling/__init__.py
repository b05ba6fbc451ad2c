"""What only speaks to people: nothing here returns a result, so that no result can depend on it."""
