"""Score Parquet files on a Ray cluster: python examples/score_on_ray.py INPUT OUTPUT [MODEL]."""

import sys

import ray

from inconsistency.integrations.ray import ArticleScorer

source, target, model = (*sys.argv[1:], "default")[:3]
ray.init(address="auto")  # the cluster that RAY_ADDRESS names, or the one that this machine belongs to
actors = int(ray.cluster_resources()["CPU"]) - 1  # a pool on every CPU leaves none to read and write with
ray.data.read_parquet(source).map_batches(
    ArticleScorer,  # each actor loads the model once
    fn_constructor_kwargs={"text": "text", "detector": {"model": model, "threads": 1}},
    batch_size=64,
    num_cpus=1,
    compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
).write_parquet(target)
