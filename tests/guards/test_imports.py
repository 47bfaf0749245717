"""Who loads whom, seen from fresh interpreters: import-linter misses what a package re-exports."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = frozenset({"flask", "flask_smorest", "marshmallow", "click", "werkzeug", "gunicorn", "jinja2"})
DATABASE = frozenset({"sqlalchemy", "alembic", "psycopg", "pysqlite3"})


def loaded_by(*modules: str) -> set[str]:
    """Names in `sys.modules` after importing some modules in an interpreter of their own."""
    program = f"import json, sys\nimport {', '.join(modules)}\nprint(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return set(json.loads(answer.stdout))


def modules_of(package: str) -> list[str]:
    """Every module of a package, dotted."""
    paths = sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


def roots(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_the_matcher_is_pure_and_only_its_solvers_load_ortools() -> None:
    # `optimise` chooses among the solvers, so it loads them too, and so does what stands above it.
    above = {f"matcher.{name}" for name in ("optimise", "solve", "room", "retrial", "causes", "marginal", "whatif")}
    pure = [name for name in modules_of("matcher") if name not in above and not name.startswith("matcher.solvers")]
    loaded = roots(loaded_by(*pure))
    assert not loaded & (WEB | DATABASE | {"ortools", "geopy", "rich", "data", "api"})
    whole = roots(loaded_by("matcher.solve"))
    assert "ortools" in whole
    assert not whole & (WEB | DATABASE | {"data", "api"})


def test_data_loads_no_solver() -> None:
    modules = [name for name in modules_of("data") if not name.startswith("data.migrations")]
    # `build` alone needs what the reference data are made from, which is installed for development only.
    loaded = loaded_by(*(name for name in modules if name != "data.reference.build"))
    assert not {name for name in loaded if name.startswith(("matcher.solvers", "ortools"))}
    assert "matcher.solve" not in loaded
    assert not roots(loaded) & (WEB | {"api"})


def test_services_know_nothing_of_the_web() -> None:
    assert not roots(loaded_by(*modules_of("api.services"))) & WEB


def test_the_command_line_loads_no_solver_before_it_needs_one() -> None:
    loaded = roots(loaded_by("api.cli"))
    assert not loaded & {"ortools", "numpy", "sqlalchemy", "flask"}


def test_wsgi_imports_the_application_and_its_settings_only() -> None:
    tree = ast.parse((ROOT / "wsgi.py").read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"api.app", "api.config"}


@pytest.mark.parametrize("package", ["matcher", "data", "api"])
def test_init_files_hold_a_docstring_and_nothing_else(package: str) -> None:
    for path in (ROOT / package).rglob("__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path
        assert isinstance(body[0].value, ast.Constant), path
