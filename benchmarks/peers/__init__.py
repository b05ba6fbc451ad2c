"""What this project's code is compared with, one peer a file; each needs its own package and nothing of the others."""
