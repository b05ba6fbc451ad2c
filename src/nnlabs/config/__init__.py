"""params.yaml and the words of the labs, checked whole, and what each stage goes by: composed of both.

Imported by the stage `settings` and by the pipeline's commands alone.
"""
