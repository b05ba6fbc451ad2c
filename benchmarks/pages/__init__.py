"""From results.json to benchmarks/README.md and its figures; nothing is measured here."""
