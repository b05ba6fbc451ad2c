"""What is compared, one section of the page a file: each `measure` runs its workers and returns the figures."""
