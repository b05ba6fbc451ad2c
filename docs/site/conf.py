"""How Sphinx makes the site of `make site`: of the project's own pages where they lie, to open without a network."""

import importlib
import re
import shutil
import sys
import types
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "src"), str(HERE)]

# nnlabs.scratch is imported for its signatures and docstrings alone, without what compiles it and what reads weights.
sys.modules["numba"] = types.ModuleType("numba")
sys.modules["numba"].njit = lambda **options: lambda function: function
autodoc_mock_imports = ["safetensors"]
# In signatures an array is called what the source calls it, not what NumPy makes of it.
arrays = importlib.import_module("nnlabs.scratch.arrays")
arrays.Array = type(
    "Array", (), {"__module__": arrays.__name__, "__doc__": "float32 or float64; whatever comes in goes out."}
)

project = html_title = "nnlabs"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
extensions += ["markdown", "files", "maths"]

# Pages: the source folder is the checkout, so nothing is copied to be read.
root_doc = "README"
include_patterns = ["*.md", "docs/**", "benchmarks/README.md", "reports/*.md", "reports/run/pages/*.md"]
exclude_patterns = [".*", "data", "exercises", "models", "predictions", "src", "stages", "tests"]

# Markdown as a forge reads it, and nothing that MyST adds to it but formulas.
myst_enable_extensions = ["dollarmath", "strikethrough", "tasklist"]
myst_disable_syntax = ["myst_line_comment", "myst_target", "myst_block_break", "myst_role"]
myst_fence_as_directive = ["math", "mermaid", "toctree"]
myst_dmath_allow_space = myst_dmath_allow_digits = False
myst_all_links_external = True  # `markdown` finds where they lead
myst_heading_anchors = 4
suppress_warnings = ["myst.header", "myst.strikethrough"]
smartquotes = False

# The reference: a name between backticks in a docstring is code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True, "no-value": True}
add_module_names = False
python_use_unqualified_type_names = True
napoleon_google_docstring = False

html_theme = "furo"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_copy_source = False
html_show_sphinx = html_show_copyright = False
html_show_search_summary = False  # it would have to fetch pages, which a browser does not do from a file
html_last_updated_fmt = None
pygments_style, pygments_dark_style = "friendly", "github-dark"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0969da", "color-brand-content": "#0969da"},
    "dark_css_variables": {
        # the ground that the report's charts are drawn for
        "color-background-primary": "#0d1117",
        "color-background-secondary": "#151b23",
        "color-brand-primary": "#4493f8",
        "color-brand-content": "#4493f8",
    },
}


def contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Hang the pages below the front page, in the report's order, and those of the runs below theirs."""
    trees = {}
    if page == "README":
        report = (ROOT / "reports/README.md").read_text(encoding="utf-8")
        groups = re.split(r"^## (.*)$", report, flags=re.M)
        trees = {
            "The report": ["reports/README", "reports/claims", "docs/site/play", "reports/run/pages/README"],
            **{
                name: [f"reports/{lab}" for lab in labs]
                for name, text in zip(groups[1::2], groups[2::2], strict=True)
                if (labs := re.findall(r"^\*\*\[.*?\]\((\w+)\.md\)\*\*", text, re.M))
            },
            "How to": [f"docs/{each.stem}" for each in sorted((ROOT / "docs").glob("*.md"))],
            "nnlabs.scratch": [f"docs/site/scratch/{each.stem}" for each in sorted((HERE / "scratch").glob("*.rst"))],
            "The project": ["CONTRIBUTING", "benchmarks/README", "CHANGELOG"],
        }
    elif page == "reports/run/pages/README":
        runs = sorted(each.stem for each in (ROOT / "reports/run/pages").glob("*.md") if each.stem != "README")
        trees = {"Runs": [f"reports/run/pages/{each}" for each in runs]}
    for caption, pages in trees.items():
        listed = "\n".join(f"/{each}" for each in pages)
        source[0] += f"\n\n```toctree\n---\nhidden: true\ncaption: {caption}\n---\n{listed}\n```\n"


def plain(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Escape what reStructuredText takes for its own: docstrings are plain text, but for code between backticks."""
    for i, line in enumerate(lines):
        parts = re.split(r"(`[^`]*`)", line)
        parts[::2] = [re.sub(r"([\\*|_])", r"\\\1", part) for part in parts[::2]]
        lines[i] = "".join(parts)


def front(app: Sphinx, failure: Exception | None) -> None:
    """The front page under the name that a browser or a server looks for."""
    if failure is None:
        shutil.copyfile(Path(app.outdir, "README.html"), Path(app.outdir, "index.html"))


def setup(app: Sphinx) -> None:
    app.connect("source-read", contents)
    app.connect("autodoc-process-docstring", plain, priority=400)  # before napoleon writes markup
    app.connect("build-finished", front)
