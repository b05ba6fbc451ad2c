"""Labs, a folder each: its words, and where it computes what it finds and shows; what several share is in `common`."""
