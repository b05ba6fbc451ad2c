"""One file of many modules."""

from pathlib import Path

import pytest
import yaml

from nnlabs.core.errors import UserError
from nnlabs.play import bundle
from nnlabs.play.pages import MODULES, PAGES, TRAINED, entry
from nnlabs.reporting import rendering


def _module(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_modules_come_after_those_that_they_need(tmp_path: Path) -> None:
    _module(tmp_path, "a.js", "export const one = 1;\n")
    _module(tmp_path, "b.js", 'import { one } from "./a.js";\nexport function two() {\n  return one + 1;\n}\n')
    top = _module(tmp_path, "c.js", 'import { two } from "./b.js";\nimport { one } from "./a.js";\ntwo();\n')
    assert [path.name for path in bundle.modules(top)] == ["a.js", "b.js", "c.js"]


@pytest.mark.parametrize(
    "line",
    [
        *('import x from "./a.js";', 'import * as a from "./a.js";', "import {"),
        *("export default 1;", "export { x };", "export let x = 1;"),
    ],
)
def test_what_cannot_be_bundled_is_told(tmp_path: Path, line: str) -> None:
    with pytest.raises(UserError, match="cannot be bundled"):
        bundle.script(_module(tmp_path, "a.js", f"{line}\n"))


def test_a_circle_and_a_missing_module_are_told(tmp_path: Path) -> None:
    _module(tmp_path, "a.js", 'import { b } from "./b.js";\n')
    top = _module(tmp_path, "b.js", 'import { a } from "./a.js";\n')
    with pytest.raises(UserError, match="imports itself by way of"):
        bundle.modules(top)
    with pytest.raises(UserError, match="is missing"):
        bundle.modules(_module(tmp_path, "c.js", 'import { d } from "./d.js";\n'))


def test_a_script_cannot_end_itself(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="</script"):
        bundle.script(_module(tmp_path, "a.js", 'const text = "</script>";\n'))
    made = bundle.page(_module(tmp_path, "b.js", "1;\n"), "<b>", {"text": "</script><!--"})
    assert made.count("</script>") == 2
    assert "<title>&lt;b&gt;</title>" in made


def test_a_page_may_not_be_too_large(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at most 500,000"):
        bundle.page(_module(tmp_path, "a.js", "1;\n"), "A", {"text": "x" * 500_000})


@pytest.mark.parametrize("key", PAGES | TRAINED)
def test_a_page_is_the_same_each_time_and_asks_nothing_of_a_network(key: str) -> None:
    made = bundle.page(entry(key), "A", {"knobs": {}})
    assert made == bundle.page(entry(key), "A", {"knobs": {}})
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "eval(", "new Function", "import(", "WebAssembly"):
        assert word not in made
    assert "http" not in made.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_dvc_yaml_has_every_page() -> None:
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert stages["play"]["foreach"] == "${play.pages}"
    assert yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["play"]["pages"] == list(PAGES)
    for stage in TRAINED:
        assert stages[stage]["outs"] == [{f"reports/play/{MODULES[stage]}.html": {"cache": False}}]


def test_a_labs_page_leads_to_the_page_to_play_with() -> None:
    call = '{% from "play.md.j2" import play %}{{ play("descent", "Drag the start.") }}'
    template = rendering.TEMPLATES.from_string(call)
    assert "[play/descent.html](play/descent.html) opens" in (said := template.render())
    assert said.strip().endswith("Drag the start.")
