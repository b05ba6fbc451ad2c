"""Whatever stands in params.yaml, lab.yaml or reported.csv: it is taken, or refused in one line."""

import copy
import random
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.config import variants, whole, words
from nnlabs.config.messages import LONGEST
from nnlabs.config.reading import DEPTH, read_yaml
from nnlabs.config.stages import stages
from nnlabs.core.errors import UserError
from nnlabs.core.settings import as_text

TEXT = Path("params.yaml").read_text(encoding="utf-8")
RAW: dict[str, Any] = yaml.safe_load(TEXT)
KNOWN = variants.memo(None)
"""Variants settled by one test serve the others."""
MUTATIONS = 150

SHORT: list[Any] = [None, True, 0, -1, 1, 2.5, 1e400, -900, 2**31, 10**30, "", "x", "no", "1e3", "1e-05"]
LONG: list[Any] = ["{", "{0}", "a{b}c", "%s", "$x$", "a\nb", "б" * 500, "x" * 5000, "../..", "None", [], {}, [[]], [{}]]
ODD = [*SHORT, *LONG, ["a", 1], {"a": 1}, {"original": {}}, {"lab": {}}, [None], [[[[[1]]]]], list(range(3000))]
SNIPPETS = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\t",
    "#",
    "'",
    '"',
    "&a ",
    "*a",
    "!!float ",
    "!!python/name:os.system ",
    "| ",
]
SNIPPETS += [
    "? ",
    "<<: ",
    "\x00",
    "\u2028",
    "\ufeff",
    "2001-99-01",
    "1:99",
    "---\n",
    "...\n",
    "%YAML 3\n",
    "0x",
    ".nan",
    "é",
]
CELLS = [b",", b"\n", b'"', b"\r", b"nan", b"\xff", b"1e999"]


def places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping or list in a tree, with each of its keys or places."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield content, key
        if isinstance(value, dict | list):
            yield from places(value)


def damaged_tree(draw: random.Random) -> bytes:
    raw = copy.deepcopy(RAW)
    for _ in range(draw.randint(1, 2)):
        parent, key = draw.choice(list(places(raw)))
        match draw.choice(["replace", "replace", "delete", "rename", "add", "move"]):
            case "replace":
                parent[key] = copy.deepcopy(draw.choice(ODD))
            case "delete":
                del parent[key]
            case "rename" if isinstance(parent, dict):
                parent[draw.choice(["", "x", "original", "12", "no", "-x", "a{b}", "y" * 900, 7, None])] = parent.pop(
                    key
                )
            case "move":
                parent[key] = copy.deepcopy(draw.choice([holder[at] for holder, at in places(RAW)]))
            case _ if isinstance(parent, dict):
                parent[draw.choice(["x", "lab", "dataset", "id", "score", "a b", "z" * 900])] = copy.deepcopy(
                    draw.choice(ODD)
                )
            case _:
                parent.append(copy.deepcopy(draw.choice(ODD)))
    return yaml.dump(raw, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True).encode()


def damaged_text(draw: random.Random) -> bytes:
    content = bytearray(TEXT.encode())
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(content))
        match draw.choice(["flip", "cut", "insert", "insert", "repeat"]):
            case "flip":
                content[at] ^= 1 << draw.randrange(8)
            case "cut":
                del content[at : at + draw.randint(1, 200)]
            case "insert":
                content[at:at] = draw.choice(SNIPPETS).encode()
            case _:
                content[at:at] = content[at : at + draw.randint(1, 300)]
    return bytes(content)


@pytest.mark.parametrize("damaged", [damaged_tree, damaged_text])
def test_params_are_taken_or_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: Any) -> None:
    monkeypatch.setattr(words, "read", cache(words.read))
    draw, file = random.Random(7), tmp_path / "params.yaml"
    for _ in range(MUTATIONS):
        file.write_bytes(damaged(draw))
        refused(file)


def refused(file: Path) -> str:
    """What is said of the file; nothing where it is taken."""
    try:
        for stage in stages(whole.load(file, known=KNOWN)):
            as_text(stage.parameters).encode()
    except UserError as error:
        said = str(error)
        assert len(said) <= LONGEST
        assert "\n" not in said
        return said
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: !!float x", "params.yaml, line 1: the tag float found; write the value alone"),
        ("a: 2001-99-01", "params.yaml, line 1: '2001-99-01' is not a date"),
        ("x: 1\na: &b [1]\nc: *b", "params.yaml, line 3: the alias *b found; write out what it means"),
        ("x: 1\na: 1\na: 2", "params.yaml, line 3: the key 'a' is there twice"),
        ("? [a]\n: 1", "params.yaml, line 1: a list or a mapping stands where a key belongs"),
        ("a: " + "[" * 100_000, f"params.yaml, line 1: lists or mappings in more than {DEPTH} levels"),
        ("a:\n\tb: 1", "params.yaml, line 2: found character that cannot start any token"),
        (b"a: \xff", "params.yaml is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 3"),
        ("- 1", "params.yaml: [1] found; a mapping of keys is needed"),
        ("a: " + "9" * 5000, "params.yaml, line 1: '9999"),
    ],
)
def test_what_yaml_cannot_say_is_told_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert refused(file).startswith(said)


def test_keys_are_what_stands_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text("{12: a, 1e3: b, no: c, null: d, 2001-01-01: e}")
    assert list(read_yaml(file)) == ["12", "1e3", "no", "null", "2001-01-01"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("12", "YAML reads this name as a number; a name begins with a letter"),
        ("1e3", "a name begins with a letter"),
        ("0", "YAML reads this name as a number"),
        ("no", "YAML reads this name as true or false"),
        ("null", "YAML reads this name as nothing"),
        ("2001-01-01", "YAML reads this name as a date"),
        ("-x", "a name begins with a letter"),
        ("--help", "a name begins with a letter"),
        ("Mine", "a name begins with a letter, has only a-z, 0-9 and '-'"),
        ("a" * 61, "at most 60 of them"),
        ("computed", "what labs compute has this folder; another name is needed"),
        ("words", "a lab has this name; another one is needed"),
    ],
)
def test_a_variants_name_is_told_as_it_stands(tmp_path: Path, name: str, said: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT.replace("  fashion-shallow:", f"  {name}:"))
    found = refused(file)
    assert found.startswith(f"params.yaml: variants.{name}: ")
    assert said in found


@pytest.mark.parametrize("name", ["data", "features", "readme"])
def test_a_lab_takes_no_folder_of_others(tmp_path: Path, name: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(TEXT.replace("  sobel:", f"  {name}:"))
    assert f"params.yaml: labs.{name}: " in refused(file)


@pytest.mark.parametrize("key", ["arms", "two_editions", "general", "id"])
def test_no_key_of_the_code_is_one_of_the_file(tmp_path: Path, key: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(f"{TEXT}\n{key}: []\n")
    assert refused(file).startswith(f"params.yaml: {key}: unknown key; allowed: edition, ")


@pytest.mark.parametrize("name", ["lab.yaml", "reported.csv"])
def test_words_of_a_lab_are_taken_or_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(words.FOLDER / "fashion", tmp_path / "fashion")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    draw, file = random.Random(3), tmp_path / "fashion" / name
    whole_text = file.read_bytes()
    for _ in range(MUTATIONS):
        content = bytearray(whole_text)
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(content))
            content[at : at + draw.choice([0, 0, 1, 50])] = draw.choice(
                [*SNIPPETS, ",", "\n", '"', "\r", "nan"]
            ).encode()
        file.write_bytes(content)
        try:
            words.read("fashion")
            words.reported("fashion", words.Figure)
        except UserError as error:
            assert len(str(error)) <= LONGEST
            assert "\n" not in str(error)
            assert name in str(error)


@pytest.mark.parametrize(
    ("lab", "old", "new", "said"),
    [
        ("fashion", "87.48", "nine", "row 1.value: 'nine' found; allowed: a number is needed"),
        (
            "fashion",
            "test accuracy,fashion-lecture,test",
            "test accuracy,fashion-lecture,tst",
            "row 1.split: 'tst' found",
        ),
        ("fashion", "87.48", "87.48,1", "row 1: 8 cells found; allowed: 7, as the first line has"),
        ("fashion", "class_name,value", "klass,value", "row 17.klass: unknown key; allowed: what, variant, split"),
        ("backprop", "forward,z2,0.392", 'forward,z2,"0,4"', "row 7.printed: '0,4' found; allowed: a number is needed"),
        ("activations", "sigmoid,value,-5", "sigmoid,value,left", "row 1.z: 'left' found; allowed: a number"),
    ],
)
def test_a_wrong_figure_of_a_source_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: str, old: str, new: str, said: str
) -> None:
    shutil.copytree(words.FOLDER / lab, tmp_path / lab)
    file = tmp_path / lab / "reported.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    with pytest.raises(UserError) as error:
        words.reported(lab, getattr(variants.computing(lab), "Printed", words.Figure))
    assert f"{file}: {said}" in str(error.value)


@pytest.mark.parametrize("name", ["a|b", "<b>", "$5", "*x*", "a\\nb", ""])
def test_a_variant_has_no_markup_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shutil.copytree(words.FOLDER / "cars", tmp_path / "cars")
    file = tmp_path / "cars" / "lab.yaml"
    file.write_text(file.read_text().replace("ResNet-50, Adam\n", f'"{name}"\n'))
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    with pytest.raises(UserError, match=r"lab\.yaml: names\.cars-adam: .* found; allowed: a text in one line without"):
        words.read("cars")


@pytest.mark.parametrize("name", ["others", "a/b", "../x", "", "A"])
def test_a_comparison_is_called_so_that_its_figure_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(words.FOLDER / "cars", tmp_path / "cars")
    file = tmp_path / "cars" / "lab.yaml"
    file.write_text(file.read_text().replace("  optimizer:", f"  {name!r}:"))
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    with pytest.raises(UserError, match="a name of a-z, 0-9 and '-', other than others"):
        words.read("cars")
