.PHONY: install check test test-slow bench figures shown docs

install: ; pip install -e '.[dev]'
check: ; ruff check . && mypy && lint-imports && python scripts/lines.py
test: ; HF_HUB_OFFLINE=1 python -m pytest -n auto --dist worksteal -m "not slow"
test-slow: ; HF_HUB_OFFLINE=1 python -m pytest -n auto --dist worksteal -m slow
bench: ; HF_HUB_OFFLINE=1 python -m benchmarks.quality --size quick
figures: ; python -m benchmarks.figures && python scripts/lines.py --write
shown: ; HF_HUB_OFFLINE=1 python tests/pages.py
docs: ; mkdocs build --strict
