"""Exercises that grade themselves: a folder each, with the task in words and the parts that are graded.

What a student is to write is the project's own code with its body cut out (`source`), so the project's code is also the
solution. A student's file runs in a process of its own (`worker`, `sandbox`) that is asked over a pipe (`wire`,
`session`) what its functions give; what they should give never leaves the grader (`grading`, `checks`).
"""
