"""The house: layers, one importer each, no registry but the folder, nothing of the makers in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "dlx").rglob("*.py"))


def module_imports(tree: ast.Module) -> set[str]:
    """Top-level packages imported when the file is; not those under TYPE_CHECKING or in functions."""
    found, bodies = set(), [tree.body]
    while bodies:
        for node in bodies.pop():
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
                bodies += [node.body, node.orelse]
            elif isinstance(node, (ast.Try, ast.With, ast.ClassDef)):
                bodies.append(node.body)
    return found


def test_layers():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_no_framework_at_module_level():
    banned = {"tensorflow", "keras", "keras_tuner", "mlflow", "sklearn", "matplotlib"}
    light = banned | {"numpy", "pandas", "scipy", "pyarrow"}
    assert len(SOURCES) > 60
    for file in SOURCES:
        place = file.relative_to(ROOT / "dlx")
        if place.name == "serving.py":
            continue  # MLflow's own code file: it is loaded by MLflow
        here = light if place.parts[0] in ("cli", "recipe", "parts.py", "errors.py", "cards.py") else banned
        assert not module_imports(ast.parse(file.read_text(encoding="utf-8"))) & here, place


def test_click_is_not_imported():
    for file in SOURCES:
        assert not re.search(r"^\s*(import click|from click)\b", file.read_text(encoding="utf-8"), re.MULTILINE), file


def test_one_importer_each():
    def importers(package: str) -> set[str]:
        pattern = re.compile(rf"^\s*(import|from) {package}\b", re.MULTILINE)
        texts = {file.relative_to(ROOT / "dlx"): file.read_text(encoding="utf-8") for file in SOURCES}
        return {place.parts[0] for place, text in texts.items() if pattern.search(text)}

    assert importers("mlflow") <= {"tracking", "serving.py"}
    assert importers("keras_tuner") <= {"search"}
    fits = {file.name for file in SOURCES if re.search(r"\bmodel\.fit\(", file.read_text(encoding="utf-8"))}
    assert fits <= {"fit.py"}


def test_yaml_is_read_in_one_place_and_nothing_is_unpickled():
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (ruamel|yaml)\b", text, re.MULTILINE) or file.name == "yaml12.py", file
        assert not re.search(r"\b(pickle|joblib|dill)\b\.loads?\(|allow_pickle=True|safe_mode=False", text), file


def test_nothing_unfinished_and_no_machine_s_path():
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|except[^\n]*:\n\s+pass\b")
    paths = re.compile(r"/(root|work|home)/\w")
    files = [*SOURCES, *(ROOT / "recipes").glob("*.yaml"), *(ROOT / "datasets").glob("*.yaml")]
    files += [ROOT / name for name in ("README.md", "Makefile", "pyproject.toml", "constraints.txt", ".ci/run")]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not unfinished.search(text), (file, unfinished.search(text))
        assert not paths.search(text), (file, paths.search(text))


def test_constraints_pin_every_dependency_and_name_no_address():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line) for line in lines)
    pinned = {re.sub(r"[._]", "-", line.partition("==")[0]).lower() for line in lines}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^\s+"([A-Za-z0-9._-]+)[><=]', project, re.MULTILINE)
    named += re.findall(r'^examples = \["([A-Za-z0-9._-]+)', project, re.MULTILINE)
    assert len(named) >= 20
    assert {re.sub(r"[._]", "-", name).lower() for name in named} <= pinned


def test_files_have_one_idea():
    long = {
        str(f.relative_to(ROOT)): n for f in SOURCES if (n := len(f.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert not long
