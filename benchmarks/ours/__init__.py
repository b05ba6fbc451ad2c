"""Code of this project, one worker a file."""
