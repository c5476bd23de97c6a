"""Bad input: each fault is one clear message with the exit code of its kind, and no half-written run stays."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import command

import dlx
from dlx.errors import UserError

# Keras' own, when it saves a model with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
PEOPLE = """\
name: people
task: classification
data: {sources: {people: {reader: csv, path: PATH, label: churn}}}
model: {builder: mlp, units: [8]}
train: {epochs: 1}
"""
PICTURES = """\
name: pictures
task: classification
data: {sources: {pictures: {reader: images, path: pictures}}}
model: {builder: convnet, filters: [4], units: [8]}
train: {epochs: 1}
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def people(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(40, 10, n).round(1), "city": rng.choice(["Köln", "Paris"], n)})
    return frame.assign(churn=np.where(frame["age"] + rng.normal(0, 4, n) > 40, "yes", "no"))


def table(frame: pd.DataFrame | None, name: str = "people.csv") -> str:
    """The recipe of a table, written beside it."""
    if frame is not None:
        frame.to_csv(name, index=False)
    Path("people.yaml").write_text(PEOPLE.replace("PATH", name), encoding="utf-8")
    return "people.yaml"


def pictures(classes: dict[str, int], side: int = 8) -> str:
    """The recipe of a folder of noise, one class per folder."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name, n in classes.items():
        folder = Path("pictures", name)
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(n):
            pixels = rng.integers(0, 256, (side, side), dtype="uint8")
            Image.fromarray(pixels).save(folder / f"{i}.jpg", quality=95)
    Path("pictures.yaml").write_text(PICTURES, encoding="utf-8")
    return "pictures.yaml"


def fault(recipe: str, *overrides: str, **options) -> str:
    """The message of the user's fault: one message, exit code 2, and no run is left."""
    with pytest.raises(UserError) as caught:
        dlx.train(recipe, overrides, **options)
    assert caught.value.exit_code == 2
    assert not [run for run in Path("runs").glob("*") if run.is_dir()], "a half-written run was left"
    message = str(caught.value)
    assert len(message) < 700, message
    return message


# ---------------------------------------------------------------- data


def test_an_empty_folder():
    recipe = pictures({})
    Path("pictures").mkdir()
    assert "no image in the folder" in fault(recipe)
    code, _, err = command("init", "pictures", "--name", "other")
    assert code == 2
    assert "the folder is empty" in err


def test_one_class():
    assert "one class only (got 'cat')" in fault(pictures({"cat": 20}))
    assert "one class only (got 'yes')" in fault(table(people().assign(churn="yes")))


def test_a_missing_file_and_one_that_cannot_be_read():
    message = fault(table(None, "gone.csv"))
    assert "the data is missing" in message
    assert "gone.csv" in message
    Path("people.csv").write_bytes(b"\xff\xfe\x00broken")
    assert "not UTF-8" in fault(table(None))
    Path("people.parquet").write_bytes(b"PAR1 broken")
    assert "not a readable Parquet file" in fault(table(None, "people.parquet"))


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_without_rows_or_with_one(rows):
    message = fault(table(people().head(rows)))
    assert "no rows" in message or "one class only" in message


def test_text_in_a_numeric_column():
    frame = people().astype({"age": object})
    frame.loc[6, "age"] = "forty"
    message = fault(table(frame))
    assert "text in a column of numbers" in message
    assert "'forty'" in message
    assert "column 'age', row 7" in message


def test_missing_labels():
    frame = people()
    frame.loc[[2, 8], "churn"] = None
    message = fault(table(frame))
    assert "2 of 120 rows have no label" in message
    assert "row 3" in message


@pytest.mark.tf
def test_a_label_that_train_does_not_show():
    frame = people().assign(split=["train"] * 80 + ["dev"] * 40)
    frame.loc[100, "churn"] = "perhaps"
    message = fault(table(frame), "data.sources.people.split=split")
    assert "'perhaps'" in message
    assert "Train knows: no, yes" in message


def test_a_split_without_examples():
    message = fault(table(people().assign(split="dev")), "data.sources.people.split=split")
    assert "no train" in message


def test_nan_in_arrays_that_cannot_be_imputed():
    """It was found as a diverging loss, with the advice to lower the learning rate."""
    x = np.zeros((40, 3, 3), "float32")
    x[4, 1, 1] = np.nan
    np.savez("a.npz", x=x, y=np.arange(40) % 2)
    Path("a.yaml").write_text(PEOPLE.replace("csv, path: PATH, label: churn", "arrays, path: a.npz"))
    message = fault("a.yaml")
    assert "1 of 40 examples hold NaN" in message
    assert "row 5" in message
    np.savez("a.npz", x=np.where(np.isnan(x), np.nan, 0.5), y=np.arange(40) % 2)
    assert "an image holds NaN" in fault("a.yaml", "data.sources.people.kind=image")


def test_a_file_that_is_no_array_is_not_called_pickled():
    Path("a.npz").write_bytes(b"PK nonsense")
    Path("a.yaml").write_text(PEOPLE.replace("csv, path: PATH, label: churn", "arrays, path: a.npz"))
    message = fault("a.yaml")
    assert "it is damaged, or holds objects" in message
    assert "allow_pickle" not in message


def cut(*files: Path) -> None:
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])


def test_truncated_images_are_set_aside_counted_and_listed():
    recipe = pictures({"cat": 20, "dog": 20}, side=32)
    broken = [Path("pictures/cat/3.jpg"), Path("pictures/dog/7.jpg")]
    cut(*broken)
    code, out, _ = command("data", recipe)
    assert code == 0
    assert "2 unreadable examples were set aside" in out.replace("\n", " ")
    assert all(file.name in out for file in broken)
    message = fault(recipe, strict=True)
    assert "2 of 40 images cannot be read" in message
    assert "cat/3.jpg" in message


# ---------------------------------------------------------------- recipe


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.learning_rte=3", "did you mean 'learning_rate'?"),
        ("train.epochs=many", "must be a whole number"),
        ("train.epochs=1.5", "must be a whole number"),
        ("model.units=64", "must be a list"),
        ("train.optimizer=adm", "'adam'"),
        ("train.early_stopping.monitor=foo", "'val_loss'"),  # it was found after the first epoch, as a KeyError
        ("data.split={train: 0.5, dev: 0.6}", "1 together"),
        ("data.sources.people.label=chrun", "did you mean 'churn'?"),
        ("model.builder=nowhere:build", "cannot import 'nowhere'"),
        pytest.param("task=regression", "needs a finite number", marks=pytest.mark.tf),
        pytest.param("task=multilabel", "needs several labels", marks=pytest.mark.tf),
    ],
)
def test_faults_of_the_recipe(override, words):
    assert words in fault(table(people()), override)


def test_a_message_that_ends_in_a_sentence_gets_its_place_in_front():
    message = fault(table(people()), "goal.optimize=f2")
    assert message.startswith("people.yaml: ")
    assert ".," not in message


def test_data_given_for_a_recipe():
    table(people(500))
    message = fault("people.csv")  # the whole file stood in the message
    assert "dlx init people.csv" in message


def test_unknown_recipes_name_the_nearest():
    assert "Did you mean 'digits'?" in fault("digitz")


@pytest.mark.parametrize(
    ("task", "metric", "words"),
    [
        ("classification", "rmse", "needs numbers"),
        ("classification", "overconfidence", "no goal"),
        ("classification", "mean_signed_error", "no goal"),  # it could not even be read from the source
        ("regression", "f1", "needs classes"),
        ("regression", "accuracy", "needs errors in 0–1"),
        ("regression", "auc", "needs probabilities"),
    ],
)
def test_a_goal_that_does_not_fit_the_task_is_found_before_the_fit(task, metric, words):
    frame = people()
    if task == "regression":
        frame["churn"] = frame["age"] * 1000 + 0.5
    assert words in fault(table(frame), f"goal.optimize={metric}", f"task={task}")


def test_a_resumed_run_takes_no_other_arguments():
    with pytest.raises(UserError, match="goes on with its own recipe"):
        dlx.train(overrides=["train.epochs=9"], resume="some-run")
    with pytest.raises(UserError, match="goes on with its own recipe"):
        dlx.train("digits", resume="some-run")


# ---------------------------------------------------------------- model


@pytest.mark.tf
@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model={builder: lenet5}"], "lenet5 needs images of at least 28×28"),
        (["model.filters=[4,8,16,32,64]"], "images of at least 32×32"),
        (["model.units=[0]"], "at least 1"),
        (["model.dropout=1.5"], "from 0 to below 1"),
    ],
)
def test_a_builder_that_does_not_fit_leaves_no_run(overrides, words):
    assert words in fault(pictures({"cat": 10, "dog": 10}), *overrides)


@pytest.mark.tf
@pytest.mark.parametrize("goal", ["auc", "log_loss", "f1"])
def test_a_goal_of_probabilities_chooses_the_threshold(goal):
    """The rows at hand when a threshold is chosen have lists of probabilities, not a column for each class."""
    recipe = table(people())
    result = dlx.train(recipe, [f"goal.optimize={goal}", "task.positive=yes"])
    assert result.diagnosis.ladder.metric == goal
    assert 0 < result.run.read_json("targets.json")["targets"]["threshold"] < 1


@pytest.mark.tf
def test_a_goal_that_the_baseline_has_no_probabilities_for():
    assert dlx.train(table(people()), ["goal.optimize=auc"]).diagnosis.ladder.metric == "auc"


# ---------------------------------------------------------------- predictions tables


def predictions(**columns) -> str:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": [f"{i:03}" for i in range(100)], "split": ["train", "dev"] * 50})
    frame["y_true"] = rng.choice(["a", "b"], 100)
    frame["y_pred"] = frame["y_true"]
    for name, values in columns.items():
        frame = frame.drop(columns=name) if values is None else frame.assign(**{name: values})
    frame.to_csv("p.csv", index=False)
    return "p.csv"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"split": None}, "needs the column 'split'"),
        ({"id": None}, "needs the column 'id'"),
        ({"id": ["7"] * 100}, "one row per id"),
        ({"split": "holdout"}, "unknown split (got 'holdout')"),
        ({"y_true": [""] + ["a"] * 99}, "every row needs a label in y_true"),
        ({"error": -1}, "finite numbers from 0 up"),
        ({"proba_a": 2.0, "proba_b": -1.0}, "lies between 0 and 1"),
    ],
)
def test_a_predictions_table_at_fault(columns, words):
    code, out, err = command("diagnose", predictions(**columns))
    assert code == 2
    assert out == ""
    assert words in " ".join(err.split())
    assert "Traceback" not in err


def test_diagnose_of_what_is_no_table():
    assert "no such predictions file" in command("diagnose", "nowhere.csv")[2]
    Path("folder.csv").mkdir()
    assert "not a folder" in command("diagnose", "folder.csv")[2]
    assert "no such run" in command("diagnose", "nope")[2]
    assert "no such run" in command("report", "nope")[2]


# ---------------------------------------------------------------- a trained run, and model files


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> dict[str, Path]:
    """One run of a table and one of pictures."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DLX_TRACKING", "off")
        patch.delenv("DLX_RUNS", raising=False)
        return {
            "table": dlx.train(table(people())).run.path,
            "pictures": dlx.train(pictures({"cat": 12, "dog": 12})).run.path,
        }


@pytest.mark.tf
def test_predict_says_what_is_wrong_with_a_table(trained):
    run = trained["table"]
    frame = people(5).drop(columns="churn")
    assert len(dlx.predict(run, frame)) == 5
    with pytest.raises(UserError, match=r"column is missing \(got 'age'\)"):
        dlx.predict(run, frame.drop(columns="age"))
    with pytest.raises(UserError, match=r"text in a numeric column \(got 'old'\), in column 'age', row 2.*leave"):
        dlx.predict(run, frame.assign(age=[1, "old", 2, 3, 4]))
    with pytest.raises(UserError, match="nothing to answer for"):
        dlx.predict(run, frame.head(0))
    with pytest.raises(UserError, match="several inputs"):
        dlx.predict(run, np.zeros((3, 2)))
    with pytest.raises(UserError, match="no such file or folder"):
        dlx.predict(run, "nowhere.csv")


@pytest.mark.tf
def test_predict_says_what_is_wrong_with_images(trained):
    run = trained["pictures"]
    with pytest.raises(UserError, match=r"has shape \(n, 8, 8, 1\)"):
        dlx.predict(run, np.zeros((2, 5, 5, 1), "uint8"))
    with pytest.raises(UserError, match="holds numbers"):
        dlx.predict(run, np.full((2, 8, 8, 1), "a"))
    Path("other").mkdir()
    Path("other/notes.txt").write_text("no image")
    with pytest.raises(UserError, match="no image that can be read"):
        dlx.predict(run, "other")


@pytest.mark.tf
def test_predict_leaves_out_what_is_no_image(trained, capsys):
    pictures({"some": 3})
    Path("pictures/some/.DS_Store").write_bytes(b"x")
    Path("pictures/some/notes.txt").write_text("no image")
    cut(Path("pictures/some/1.jpg"))
    assert dlx.predict(trained["pictures"], "pictures")["id"].tolist() == ["some/0.jpg", "some/2.jpg"]
    said = capsys.readouterr().err
    assert "1.jpg" in said
    assert "notes.txt" not in said


@pytest.mark.tf
@pytest.mark.parametrize("out", ["nowhere/x.csv", "x.xlsx"])
def test_predict_writes_nothing_where_it_cannot(trained, out):
    with pytest.raises(UserError, match=r"no such folder to write to|written as \.csv or \.parquet"):
        dlx.predict(trained["table"], people(3), out=out)
    assert not list(Path().glob("*"))


@pytest.mark.tf
@pytest.mark.parametrize("format", ["keras", "savedmodel"])
def test_export_says_where_it_cannot_write(trained, format):
    with pytest.raises(UserError, match="no such folder to write to"):
        dlx.export(trained["table"], format=format, out="nowhere/m.keras")
    Path("taken").mkdir()
    with pytest.raises(UserError, match="this place is taken"):
        dlx.export(trained["table"], format=format, out="taken")
    assert [p.name for p in Path().glob("*")] == ["taken"]


def model(*layers, shape=(8, 8, 1), name: str = "model.keras") -> str:
    import keras

    made = keras.Sequential([keras.Input(shape), *layers])
    made.save(name)
    return name


@pytest.mark.tf
def test_a_model_of_any_origin_is_evaluated_by_name_or_by_form():
    from keras import layers

    plain = model(layers.Flatten(), layers.Dense(10, activation="softmax"))
    found = dlx.evaluate(plain, recipe="digits", on="dev")  # its input has another name than dlx gives
    assert found.diagnosis.ladder.rungs[-1].n == 359
    flat = model(layers.Dense(10, activation="softmax"), shape=(64,), name="flat.keras")
    assert dlx.evaluate(flat, recipe="digits", on="dev").split == "dev"


@pytest.mark.tf
def test_a_model_that_does_not_fit_counts_no_look():
    from keras import layers

    cases = {
        r"outputs of shape \(3,\).*give 10 outputs": model(layers.Flatten(), layers.Dense(3), name="three.keras"),
        r"shape \(28, 28, 1\)": model(layers.Flatten(), layers.Dense(10), shape=(28, 28, 1), name="big.keras"),
    }
    for words, file in cases.items():
        with pytest.raises(UserError, match=words):
            dlx.evaluate(file, recipe="digits")
    assert not Path("runs/looks.jsonl").exists()
    logits = model(layers.Flatten(), layers.Dense(10), name="logits.keras")
    with pytest.raises(UserError, match="gives no probabilities"):
        dlx.evaluate(logits, recipe="digits", on="dev")


@pytest.mark.tf
def test_a_model_file_with_code_is_never_run(tmp_path):
    from keras import layers

    file = model(layers.Lambda(lambda x: x * 2), layers.Flatten(), layers.Dense(10, activation="softmax"))
    with pytest.raises(UserError, match="lambda layer, which is code") as caught:
        dlx.evaluate(file, recipe="digits")
    assert "safe_mode=False" not in str(caught.value)  # Keras advises it


@pytest.mark.tf
def test_a_damaged_model_file():
    from keras import layers

    file = Path(model(layers.Flatten(), layers.Dense(10)))
    cut(file)
    with pytest.raises(UserError, match=r"not a \.keras file, or a damaged one"):
        dlx.evaluate(file, recipe="digits")
    with pytest.raises(UserError, match="no such model file"):
        dlx.evaluate("nowhere.keras", recipe="digits")
    with pytest.raises(UserError, match="needs the recipe"):
        dlx.evaluate(file)


@pytest.mark.tf
def test_a_run_whose_model_is_damaged(trained):
    import shutil

    run = Path(shutil.copytree(trained["table"], "runs/copy"))
    (run / "model.keras").write_bytes(b"broken")
    with pytest.raises(UserError, match="damaged"):
        dlx.predict(run, people(3))
    (run / "targets.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        dlx.predict(run, people(3))


# ---------------------------------------------------------------- messages


def test_a_long_value_is_shortened():
    assert len(str(UserError("too long", value="x" * 5000))) < 400


def test_a_place_that_may_not_be_written_to(monkeypatch):
    Path("file").touch()
    monkeypatch.setenv("DLX_RUNS", "file/runs")
    assert "no such folder to write to" in fault(table(people()))
    monkeypatch.setenv("DLX_RUNS", "locked")

    def locked(self, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", locked)
    message = fault(table(people()))
    assert "cannot write here: Permission denied" in message
    assert "DLX_RUNS" in message
