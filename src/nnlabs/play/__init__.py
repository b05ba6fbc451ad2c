"""Pages that one can play with: one self-contained HTML file each, which opens by double click and asks no server.

`core` has the networks of `nnlabs.scratch` once more, in plain JavaScript; `ui` controls and charts; `pages` one module
a page. `bundle` puts modules, style and numbers into one file, `write` is the stage `play`.
"""
