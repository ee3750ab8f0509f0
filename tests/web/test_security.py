from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory

from platewright.web import security
from platewright.web.security import Rate, client_address

SALT = b"test"  #: Two of the clients here share a bucket by chance otherwise


def test_a_bucket_empties_and_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rate = Rate(64, SALT)
    assert [rate.take("a", 1, 3) for _ in range(3)] == [0.0] * 3
    assert rate.take("a", 1, 3) == pytest.approx(20)  # three a minute: one in 20 seconds
    assert rate.take("b", 1, 3) == 0.0
    now[0] += 19
    assert rate.take("a", 1, 3) == pytest.approx(1)
    now[0] += 2
    assert rate.take("a", 1, 3) == 0.0
    assert rate.take("a", 1, 3) > 0


def test_another_salt_mixes_the_clients_anew() -> None:
    def shared(salt: bytes) -> list[int]:
        """Which of 200 clients find the bucket of the first one empty, of 16."""
        found = []
        for k in range(1, 200):
            rate = Rate(16, salt)
            rate.take("0", 3, 3)
            if rate.take(str(k), 3, 3):
                found.append(k)
        return found

    assert shared(b"a") == shared(b"a") != shared(b"b")
    assert len({Rate()._salt for _ in range(9)}) == 9


def test_more_than_a_bucket_takes_all_of_it() -> None:
    rate = Rate(64, SALT)
    assert rate.take("a", 50, 3) == 0.0
    assert rate.take("a", 1, 3) > 0


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still for the buckets, however long requests take."""
    monkeypatch.setattr(security, "time", SimpleNamespace(monotonic=lambda: 1000.0))


@pytest.mark.usefixtures("standing")
def test_who_asks_too_often_waits(client: Client, settings) -> None:
    settings.PICTURES_PER_MINUTE = 2
    said = [client.post("/api/v1/read", b"x", content_type="image/png") for _ in range(3)]
    assert [response.status_code for response in said] == [422, 422, 429]
    assert 1 <= int(said[2]["Retry-After"]) <= 30
    assert client.get("/").status_code == 200
    other = client.post("/api/v1/read", b"x", content_type="image/png", REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 422


@pytest.mark.usefixtures("standing")
def test_every_picture_counts(client: Client, settings) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.PICTURES_PER_MINUTE = 4
    files = lambda: {"file": [SimpleUploadedFile(f"{k}.png", b"x") for k in range(3)]}  # noqa: E731
    assert client.post("/api/v1/read", files()).status_code == 422
    assert client.post("/api/v1/read", files()).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # anybody can write that header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "10.0.0.1", "127.0.0.1"),
    ],
)
def test_whose_address_counts(settings, proxies: int, header: str, address: str) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": header})
    assert client_address(request) == address


def test_a_request_that_is_far_too_large_is_not_taken_in(client: Client, settings) -> None:
    settings.MAX_REQUEST_BYTES = 1000
    response = client.post("/api/v1/read", b"x" * 1001, content_type="image/png")
    assert response.status_code == 413
    page = client.post("/", {"text": "x" * 2000})
    assert (page.status_code, b"That is too large" in page.content) == (413, True)


def test_a_body_of_unknown_length(client: Client) -> None:
    response = client.generic(
        "POST", "/api/v1/read", b"", content_type="image/png",
        headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="",
    )  # fmt: skip
    assert response.status_code == 411


def test_all_that_comes_in_at_a_time_is_bounded(settings) -> None:
    from platewright.web.problem import BusyError

    settings.MAX_HELD_BYTES = 100
    limits = security.Limits(lambda request: None)
    limits._hold(60)
    with pytest.raises(BusyError):
        limits._hold(60)
    limits._hold(-60)
    limits._hold(100)
