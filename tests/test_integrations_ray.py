"""Ray spreads the work and survives the death of an actor; Spark takes the same callable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import batch_entry  # noqa: E402
from inconsistency.integrations.ray import ArticleScorer  # noqa: E402
from inconsistency.testing import FakeScorer  # noqa: E402
from test_batch import CALM, CLASH  # noqa: E402

DETECTOR = {"model": FakeScorer(batch_entry.TABLE), "threshold": 0.5}


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster of two nodes, both on this machine, with three processors each, by name."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'inconsistency[ray]'")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 3, "object_store_memory": 100_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    cluster.add_node(**node)
    paths = os.pathsep.join([str(HERE), *(p for p in sys.path if p)])
    ray.init(
        address=cluster.address,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield ray
    ray.shutdown()
    cluster.shutdown()


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


class LocatedScorer(FakeScorer):
    """Leaves a file behind that is called like the node it works on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(batch_entry.TABLE)
        self._folder = folder

    def score(self, pairs: Any) -> Any:
        """Score, and say where."""
        import ray

        (self._folder / ray.get_runtime_context().get_node_id()).touch()
        return super().score(pairs)


def test_documented_example() -> None:
    """The script in docs/batch.md is examples/score_on_ray.py, word for word."""
    script = (HERE.parent / "examples" / "score_on_ray.py").read_text(encoding="utf-8")
    documented = (HERE.parent / "docs" / "batch.md").read_text(encoding="utf-8")

    assert script.partition('"""\n\n')[2] in documented


@pytest.mark.slow
def test_two_nodes(ray: Any, tmp_path: Path) -> None:
    """Parquet in, an actor on each of two nodes, Parquet out: every row once, with its columns."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    data = pytest.importorskip("ray.data")
    texts = [CALM if i % 3 else CLASH for i in range(60)]
    pq.write_table(pa.table({"id": range(60), "body": texts}), tmp_path / "news.parquet")
    (tmp_path / "nodes").mkdir()
    detector = {**DETECTOR, "model": LocatedScorer(tmp_path / "nodes")}

    data.read_parquet(str(tmp_path / "news.parquet")).repartition(6).map_batches(
        ArticleScorer,
        fn_constructor_kwargs={"text": "body", "detector": detector},
        batch_size=10,
        num_cpus=2,  # of the three of a node: none can take both, and one is left to read and write with
        compute=data.ActorPoolStrategy(size=2),
    ).write_parquet(str(tmp_path / "scored"))

    rows = sorted(pq.read_table(tmp_path / "scored").to_pylist(), key=lambda row: row["id"])
    assert [row["id"] for row in rows] == list(range(60))
    assert [row["inconsistency_flagged"] for row in rows] == [i % 3 == 0 for i in range(60)]
    nodes = {node["NodeID"] for node in ray.nodes() if node["Alive"]}
    assert {path.name for path in (tmp_path / "nodes").iterdir()} == nodes and len(nodes) == 2


@pytest.mark.slow
def test_example(ray: Any, tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    """examples/score_on_ray.py scores a folder of Parquet files on a cluster that is running."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    (tmp_path / "news").mkdir()
    for part in range(3):
        table = pa.table({"id": [10 * part, 10 * part + 1], "text": [CLASH, CALM]})
        pq.write_table(table, tmp_path / "news" / f"{part}.parquet")
    argv = [HERE.parent / "examples" / "score_on_ray.py", tmp_path / "news", tmp_path / "scored"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    env["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address

    done = subprocess.run(
        [sys.executable, *map(str, argv), str(tiny_model("contradiction last"))],
        capture_output=True,
        text=True,
        env=env,
    )

    assert done.returncode == 0, done.stderr
    rows = pq.read_table(tmp_path / "scored").to_pylist()
    assert sorted(row["id"] for row in rows) == [0, 1, 10, 11, 20, 21]
    assert {row["inconsistency_error"] for row in rows} == {""}


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
