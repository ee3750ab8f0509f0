"""The image and compose.yaml: what they name is there, and what they run is understood."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from platewright.http import ask
from tests.page import ROOT, lines_of_others, read_line, shell_lines, words_of
from tests.script import PATIENCE_S
from tests.web.conftest import Server

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
COPIES = [line.split()[1:] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
WEB = (ROOT / "docs/web.md").read_text("utf-8")
CAMERA = "# the gate\n" + "\n".join(shell_lines(WEB, re.compile("rtsp://|--region")))
"""The arguments of a camera, as the page has them."""


def image(folder: Path) -> Path:
    """Copy what the Dockerfile copies."""
    app = folder / "app"
    for *sources, to in COPIES:
        for source in sources:
            target = app / to / Path(source).name if to.endswith("/") else app / to
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, target)
            else:
                shutil.copy(ROOT / source, target)
    return app


def commands() -> list[list[str]]:
    """Return all that the image and the services run."""
    found = [json.loads(each) for each in re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.M)]
    return found + [s["command"] for s in COMPOSE["services"].values() if "command" in s]


def test_what_is_copied_is_neither_missing_nor_ignored() -> None:
    rules = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]  # fmt: skip

    def ignored(path: str) -> bool:
        last = False
        for rule in rules:  # the last one that fits decides
            plain = rule.removeprefix("!")
            if fnmatch(path, plain) or fnmatch(path.split("/")[0], plain):
                last = not rule.startswith("!")
        return last

    for *sources, _ in COPIES:
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not ignored(source), source
    for name in (".git", ".venv", "data", "runs", "instance", "readers/scan.npz", "weights.npz"):
        assert ignored(name), name


def test_every_command_is_understood(tmp_path: Path) -> None:
    camera = tmp_path / "camera.args"
    camera.write_text(CAMERA)
    for name in ("regions", "weights.onnx"):
        (tmp_path / name).symlink_to(ROOT / name)
    secrets = {f"@/run/secrets/{name}" for name in COMPOSE["secrets"]}
    assert len(commands()) == 3
    for python, *words in commands():
        assert python == "python"
        plain = [f"@{camera}" if word in secrets else word for word in words]
        read_line(tmp_path, words_of(" ".join(["python", *plain]).replace("/app/", "")))


def test_what_the_pages_tell_docker_fits_the_image_and_the_services(tmp_path: Path) -> None:
    lines = [line.removeprefix("docker ") for line in lines_of_others("docker")]
    tags = {line.split()[2] for line in lines if line.startswith("build -t ")}
    assert tags == {COMPOSE["services"]["web"]["image"]}
    for line in lines:
        match line.split():
            case ["build", "-t", _, "."] | ["compose", "up", "-d"]:
                pass
            case ["run", "-p", ports, "-v", volume, tag]:
                assert tag in tags
                assert f"EXPOSE {ports.split(':')[1]}\n" in DOCKERFILE
                assert f"VOLUME {volume.split(':')[1]}\n" in DOCKERFILE
            case ["compose", "exec", service, *words]:
                assert service in COMPOSE["services"]
                read_line(tmp_path, words_of(" ".join(words)))
            case _:
                raise AssertionError(line)
    assert len(lines) > 3
    assert len(CAMERA.splitlines()) == 3


@pytest.mark.parametrize(
    ("hosts", "asked"),
    [("plates.example.org,other", "plates.example.org"), (".example.org", "example.org"),
     ("*", "localhost"), ("", "localhost")],
)  # fmt: skip
def test_health_is_asked_by_a_name_that_is_answered(monkeypatch, hosts: str, asked: str) -> None:
    seen = []

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Host"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    _, _, code = json.loads(re.findall(r"^  CMD (\[.*\])$", DOCKERFILE, re.M)[0])
    monkeypatch.setenv("PLATEWRIGHT_HOSTS", hosts)
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.handle_request).start()
        exec(code.replace(":8000/", f":{server.server_port}/"), {})
    assert seen == [("/health", asked)]


def test_services_fit_together() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    assert {*services} == {"database", "web", "watch"}
    for name, service in services.items():
        assert {*service.get("depends_on", {})} <= {*services}
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"]
        variables = {*service["environment"]}
        assert name == "database" or all(f"`{each}`" in WEB for each in variables)
        for needed in service.get("depends_on", {}):
            assert "test" in services[needed].get("healthcheck", {}) or needed == "web"
    assert "HEALTHCHECK" in DOCKERFILE
    url = services["web"]["environment"]["DATABASE_URL"]
    made = services["database"]["environment"]
    assert url.startswith(f"postgres://{made['POSTGRES_USER']}:${{DATABASE_PASSWORD")
    assert url.endswith(f"@database/{made['POSTGRES_DB']}")
    # No port is open to others, and no password stands in it.
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    assert made["POSTGRES_PASSWORD"].startswith("${DATABASE_PASSWORD:?")


@pytest.mark.process
def test_what_is_copied_suffices_to_serve_to_read_and_to_watch(tmp_path: Path) -> None:
    app = image(tmp_path)
    server = Server(tmp_path / "data", app, PLATEWRIGHT_CACHE="")
    try:
        street, kind = (ROOT / "docs/street.jpg").read_bytes(), {"Content-Type": "image/jpeg"}
        answer = json.loads(ask(f"{server.url}/api/v1/read", street, kind, timeout_s=PATIENCE_S))
        assert "EIUP89" in [plate["text"] for plate in answer["pictures"][0]["plates"]]
        (tmp_path / "frames").mkdir()
        (tmp_path / "frames/a.jpg").write_bytes(street)
        watched = subprocess.run(
            [sys.executable, str(app / "watch.py"), "frames", "--save"],
            cwd=tmp_path, env=server.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert watched.returncode == 0, watched.stderr
        assert "EIUP89" in watched.stdout
    finally:
        server.stop()
