"""Ray spreads the work and survives the death of an actor; Spark takes the same callable."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import batch_entry  # noqa: E402
from inconsistency.batch import command  # noqa: E402
from inconsistency.integrations.ray import ArticleScorer  # noqa: E402
from inconsistency.testing import FakeScorer  # noqa: E402
from test_batch import CALM, CLASH, lines, write_news  # noqa: E402

DETECTOR = {"model": FakeScorer(batch_entry.TABLE), "threshold": 0.5, "gate": None}


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster of this machine with two workers."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'inconsistency[ray]'")
    paths = os.pathsep.join([str(HERE), *(p for p in sys.path if p)])
    ray.init(
        num_cpus=4,  # logical: an actor pool holds two, reading and writing need the others
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=100_000_000,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield ray
    ray.shutdown()


def make_fragile_detector() -> Any:
    """A detector whose process dies once, on the article that names a file."""
    return batch_entry.Detector(FragileScorer(batch_entry.TABLE), threshold=0.5, gate=None)


class FragileScorer(FakeScorer):
    """Dies at "MARK path", unless that path is there; leaves it behind."""

    def score(self, pairs: Any) -> Any:
        """Score, or die."""
        for text, _ in pairs:
            if text.startswith("MARK ") and not (mark := Path(text.split()[1])).exists():
                mark.touch()
                os._exit(1)
        return super().score(pairs)


def test_callable() -> None:
    """The callable keeps all columns and adds its own; it needs no Ray."""
    scorer = ArticleScorer(text="body", detector=DETECTOR)

    batch = scorer({"body": [CLASH, CALM], "key": [1, 2]})

    assert batch["key"] == [1, 2]
    assert batch["inconsistency_flagged"] == [True, False]


@pytest.mark.slow
def test_engine_gives_the_same_bytes(ray: Any, tmp_path: Path) -> None:
    """--engine ray writes the very bytes that one process writes."""
    news = write_news(tmp_path / "news.jsonl", 30)
    for name, engine in (("one", "local"), ("two", "ray")):
        argv = [str(news), "-o", str(tmp_path / f"{name}.jsonl"), "--chunk-rows", "4"]
        workers = "2" if engine == "ray" else "1"
        args = batch_entry.parse([*argv, "--engine", engine, "--workers", workers])
        assert command.run(args, batch_entry.make_detector) == 0

    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


@pytest.mark.slow
def test_engine_survives_the_death_of_an_actor(ray: Any, tmp_path: Path) -> None:
    """An actor that dies is started again and its articles are scored once."""
    news = write_news(tmp_path / "news.jsonl", 10)
    mark = tmp_path / "died"
    with news.open("a") as stream:
        stream.write(json.dumps({"text": f"MARK {mark} was here. Then it ended."}))
    argv = [str(news), "-o", str(tmp_path / "out.jsonl"), "--chunk-rows", "3"]

    args = batch_entry.parse([*argv, "--engine", "ray", "--workers", "2"])
    assert command.run(args, make_fragile_detector) == 0

    assert mark.exists()
    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == list(range(1, 12))


@pytest.mark.slow
def test_ray_data(ray: Any, tmp_path: Path) -> None:
    """Parquet in, an actor pool of two, Parquet out: every row once, with its columns."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    data = pytest.importorskip("ray.data")
    texts = [CALM if i % 3 else CLASH for i in range(60)]
    pq.write_table(pa.table({"id": range(60), "body": texts}), tmp_path / "news.parquet")

    data.read_parquet(str(tmp_path / "news.parquet")).map_batches(
        ArticleScorer,
        fn_constructor_kwargs={"text": "body", "detector": DETECTOR},
        batch_size=10,
        num_cpus=0.5,  # a pool that takes every CPU leaves none to read and write with
        compute=data.ActorPoolStrategy(size=2),
    ).write_parquet(str(tmp_path / "scored"))

    rows = sorted(pq.read_table(tmp_path / "scored").to_pylist(), key=lambda row: row["id"])
    assert [row["id"] for row in rows] == list(range(60))
    assert [row["inconsistency_flagged"] for row in rows] == [i % 3 == 0 for i in range(60)]


@pytest.mark.slow
def test_ray_data_survives_the_death_of_an_actor(ray: Any, tmp_path: Path) -> None:
    """An actor of the pool that dies is replaced, and its batch is scored once."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    data = pytest.importorskip("ray.data")
    mark = tmp_path / "died"
    texts = [CALM] * 9 + [f"MARK {mark} was here. Then it ended."]
    pq.write_table(pa.table({"id": range(10), "text": texts}), tmp_path / "news.parquet")
    detector = {**DETECTOR, "model": FragileScorer(batch_entry.TABLE)}

    data.read_parquet(str(tmp_path / "news.parquet")).map_batches(
        ArticleScorer,
        fn_constructor_kwargs={"detector": detector},
        batch_size=2,
        num_cpus=0.5,
        compute=data.ActorPoolStrategy(size=2),
    ).write_parquet(str(tmp_path / "scored"))

    assert mark.exists()
    rows = pq.read_table(tmp_path / "scored").to_pylist()
    assert sorted(row["id"] for row in rows) == list(range(10))
    assert {row["inconsistency_error"] for row in rows} == {""}


@pytest.mark.slow
def test_engine_that_cannot_load_its_model(
    ray: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A model that the actors do not find ends the run with one line, not with a traceback."""
    news = write_news(tmp_path / "news.jsonl", 2)
    argv = [str(news), "-o", str(tmp_path / "out.jsonl"), "--model", str(tmp_path / "none")]

    assert command.run(batch_entry.parse([*argv, "--engine", "ray"])) in (1, 2)

    told = capfd.readouterr().err
    assert "no model folder" in told and "Traceback" not in told


@pytest.mark.slow
def test_spark_recipe() -> None:
    """The `mapInPandas` recipe of docs/batch.md runs on a local Spark."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    pytest.importorskip("pandas")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        spark = spark.getOrCreate()
    except Exception as error:  # PySpark says in many ways that there is no suitable Java
        pytest.skip(f"Spark does not start: {type(error).__name__}")
    detector = DETECTOR

    def score(batches: Iterator[Any]) -> Iterator[Any]:
        import pandas as pd

        scorer = ArticleScorer(text="text", detector=detector)
        for frame in batches:
            yield pd.DataFrame(scorer(dict(frame.items())))

    schema = (
        "id long, text string, inconsistency_score double, inconsistency_flagged boolean, "
        "inconsistency_contradictions string, inconsistency_error string"
    )
    frame = spark.createDataFrame([(1, CLASH), (2, CALM), (3, None)], "id long, text string")
    try:
        rows = frame.mapInPandas(score, schema).collect()
    finally:
        spark.stop()

    assert [(r.id, r.inconsistency_flagged) for r in rows] == [(1, True), (2, False), (3, False)]
    assert rows[2].inconsistency_error == "the article is empty ('text')"
