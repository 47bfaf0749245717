"""The committed description is the one the code makes, it is valid, and it is served."""

import json

from flask import Flask
from openapi_spec_validator import validate

from api.commands.openapi import DESCRIPTION, description
from tests.api.conftest import Caller


def test_committed_and_valid() -> None:
    assert DESCRIPTION.read_text("utf-8") == description(), "run: escale openapi"
    found = json.loads(description())
    validate(found)
    assert found["openapi"] == "3.1.0"


def test_every_operation_says_what_it_needs() -> None:
    found = json.loads(description())
    operations = [
        (path, method, operation)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    assert len({operation["operationId"] for _, _, operation in operations}) == len(operations)
    for path, method, operation in operations:
        assert operation["summary"], path
        assert "default" in operation["responses"], path
        names = {parameter.get("name") for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in names) is (method == "post"), path
        if method in {"patch", "put", "delete"}:
            assert "If-Match" in names, path


def test_served_without_a_token(app: Flask, anonymous: Caller) -> None:
    served = anonymous.get("/openapi.json")
    assert served.json == json.loads(description())
    # No documentation page of somebody else's.
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    assert not {path for path in paths if "doc" in path or "swagger" in path}
