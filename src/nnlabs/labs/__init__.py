"""Labs: a folder each with its words, and what it computes and shows where it does; what several share is in `common`."""
