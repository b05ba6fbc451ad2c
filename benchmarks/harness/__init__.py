"""What every comparison is measured with: workers that take turns, quiet, tasks, results."""
