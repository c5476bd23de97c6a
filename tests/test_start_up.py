"""What dlx imports before it knows that it needs it: nothing heavy (design §5). Each in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "keras_tuner", "mlflow", "sklearn", "matplotlib", "scipy", "statsmodels")
ALSO = ("pandas", "numpy", "pyarrow", "PIL", "jinja2", "pydantic", "sqlalchemy")


def loaded(code: str, cwd) -> set[str]:
    """Top-level modules in memory after the code, which may end in SystemExit."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit as e:\n    assert not e.code, e.code\n"
    script += "print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "checks", "--json"],
        ["check", "digits"],
        ["check", "wine-shift", "-s", "train.epochs=3", "--json"],
        ["check", "diabetes", "-s", "goal.optimize=rmse"],
        ["check", "groceries", "-s", "augment=[mirror, {name: crop, least: 0.5}, {name: overlay, path: fog}]"],
        ["show", "digits", "--resolved"],
        ["show", "convnet"],
        ["show", "--schema"],
        ["new", "mine", "--from", "digits-shift"],
        ["train", "--help"],
    ],
    ids=" ".join,
)
def test_light_commands_import_nothing_heavy(arguments, tmp_path):
    code = f"sys.argv = ['dlx', *{arguments!r}]; from dlx.cli.app import main; main()"
    assert not loaded(code, tmp_path) & {*HEAVY, *ALSO}


def test_importing_dlx_imports_nothing_heavy(tmp_path):
    assert not loaded("import dlx; dir(dlx)", tmp_path) & {*HEAVY, *ALSO, "typer", "rich", "ruamel"}


@pytest.mark.parametrize("module", ["dlx.recipe", "dlx.parts", "dlx.errors", "dlx.cards", "dlx.listing", "dlx.cli.app"])
def test_light_modules(module, tmp_path):
    assert not loaded(f"import {module}", tmp_path) & {*HEAVY, *ALSO}


def test_every_command_s_file_is_light(tmp_path):
    code = "import dlx.cli.app as a; a.build()"
    assert not loaded(code, tmp_path) & {*HEAVY, *ALSO}


def test_part_files_import_no_framework(tmp_path):
    code = "from dlx import parts; [parts.load(f, n) for f in parts.FAMILIES for n in parts.names(f)]"
    assert not loaded(code, tmp_path) & {"tensorflow", "keras", "keras_tuner", "mlflow", "sklearn", "matplotlib"}


def test_no_bytecode_is_needed(tmp_path):
    """A read-only installation starts too."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "dlx", "--version"], capture_output=True, text=True, cwd=tmp_path, check=False,
        env=dict(os.environ) | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 0
