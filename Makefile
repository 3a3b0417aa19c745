.PHONY: install check test bench

install: ; pip install -e '.[dev]'
check: ; ruff check . && mypy
test: ; HF_HUB_OFFLINE=1 python -m pytest
bench: ; HF_HUB_OFFLINE=1 python benchmarks/quality.py --size quick
