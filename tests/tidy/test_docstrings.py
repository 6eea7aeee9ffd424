"""Every module opens with what it knows; ruff asks the same of public classes and functions."""

import ast

from tests.tidy.source import PYTHON_ROOTS, name_of, python_files, tree_of


def test_every_module_says_what_it_knows() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PYTHON_ROOTS)
        if not (ast.get_docstring(tree_of(path)) or "").strip()
    ]
    assert silent == []
