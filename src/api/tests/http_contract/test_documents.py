from openapi_spec_validator import OpenAPIV31SpecValidator


def test_documents_are_openapi_3_1(producer, backend):
    for port in (producer, backend):
        assert not [error.message for error in OpenAPIV31SpecValidator(port.document).iter_errors()]


def test_every_described_path_is_served(producer, backend):
    for port in (producer, backend):
        for path, operations in port.document["paths"].items():
            for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
                status = port.check(method, path.replace("{", "").replace("}", ""), b"{" if method == "POST" else None).status
                assert (status == 405) == (method.lower() not in operations), f"{method} {path}: {status}"


def test_pages_come_from_the_same_port(producer, backend):
    for port in (producer, backend):
        root = port.ask("GET", "/")
        assert (root.status, root.headers["location"]) == (307, "/docs")
        for path in ("/docs", "/docs/init.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"):
            page = port.ask("GET", path)
            assert page.status == 200 and page.body, path
            assert "default-src 'self'" in page.headers["content-security-policy"]
