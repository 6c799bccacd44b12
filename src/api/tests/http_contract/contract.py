"""Asks a port and holds every answer against the OpenAPI document that the port itself serves."""

import http.client
import json
from urllib.parse import urlsplit

from openapi_schema_validator import OAS31Validator

PROBLEM = "application/problem+json"


def segments(path: str) -> list[str]:
    return [part for part in path.split("?")[0].split("/") if part]


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def complaints(self, member: str = "errors") -> list[tuple[str, str]]:
        return [(error["location"], error["code"]) for error in self.json()[member]]


class Port:
    def __init__(self, url: str):
        self.authority = urlsplit(url).netloc
        self.document = json.loads(self.ask("GET", "/openapi.json").body)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(self.authority, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def check(self, method: str, path: str, body=None, headers: dict[str, str] | None = None) -> Answer:
        """Ask, and fail where status, headers, content type or body are not what the document says."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        answer = self.ask(method, path, body, headers)
        said = f"{method} {path} {body!r}: {answer.status} {answer.body[:500]!r}"
        response = self.response_of(method, path, answer.status)
        assert response is not None, f"no such status in the document: {said}"
        for name in response.get("headers", {}):
            assert name.lower() in answer.headers, f"no header {name}: {said}"
        content_type = answer.headers.get("content-type", "")
        assert content_type in response["content"], f"content type {content_type}: {said}"
        value = answer.json()
        schema = {**response["content"][content_type]["schema"], "components": self.document["components"]}
        errors = [error.message for error in OAS31Validator(schema).iter_errors(value)]
        assert not errors, f"{errors}: {said}"
        if answer.status >= 400:
            assert value["status"] == answer.status, said
        return answer

    def response_of(self, method: str, path: str, status: int):
        given = segments(path)
        for pattern, operations in self.document["paths"].items():
            expected = segments(pattern)
            fits = len(expected) == len(given) and all(
                e.startswith("{") or e == g for e, g in zip(expected, given, strict=True)
            )
            if fits and method.lower() in operations:
                responses = operations[method.lower()]["responses"]
                found = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
                return self.resolve(found) if found else None
        return self.document["components"]["responses"]["Problem"]

    def resolve(self, value):
        if "$ref" not in value:
            return value
        found = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found
