# `make check` is what CI runs, less the installation.
.PHONY: check tests style types
check: style types tests
tests:
	python -m pytest
style:
	ruff check . && ruff format --check .
types:
	mypy
