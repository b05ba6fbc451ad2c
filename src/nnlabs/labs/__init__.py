"""What the networks by hand compute for their pages: one module a study, one function `study` in each."""
