"""The page's server: who may ask, what is answered, and that nothing is acknowledged before it is on the disk."""

from __future__ import annotations

import errno
import http.client
import json
import os
import stat
import threading
import time

import pandas as pd
import pytest

from dlx.desk import Exhibit, Item, NoExhibits, TagDesk, VoteDesk
from dlx.desk.page import _address, serve
from dlx.desk.page._answers import Answers
from dlx.desk.page._http import Server
from dlx.errors import UserError
from dlx.tagging.frozen import Sample
from dlx.tagging.log import TagLog
from dlx.tagging.votes import VoteLog

SECRET = "s" * 32
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def desk(tmp_path) -> TagDesk:
    ids = ["a", "b", "c"]
    table = pd.DataFrame({"id": ids, "example": ids, "kind": "error", "stratum": "errors", "p_inclusion": 0.1})
    sample = Sample(table.assign(y_true="cat", y_pred="dog"), 30, 300, {"errors": 30}, classes=("cat", "dog", "fox"))
    return TagDesk(sample, TagLog(tmp_path / "tags.jsonl"), "ann")


@pytest.fixture
def asked():
    """Serves a desk; called with a question, it gives status, headers and JSON (or bytes)."""
    started = []

    def serving(desk, **more):
        server = Server(Answers(desk, **more), 0, SECRET)
        thread = threading.Thread(target=server.run)
        thread.start()
        started.append((server, thread))

        def ask(method, path, body=None, headers=None, *, base=f"/{SECRET}/"):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            content = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(
                method, base + path, content, JSON if headers is None and body is not None else headers or {}
            )
            reply = connection.getresponse()
            said = reply.read()
            connection.close()
            kind = reply.headers.get_content_type()
            return reply.status, reply.headers, json.loads(said) if said and kind == "application/json" else said

        ask.server = server
        return ask

    yield serving
    for server, thread in started:
        server._finish()
        thread.join(10)
        server.close()


def say(ask, what, items=("a",), ticket="ticket-1"):
    return ask("POST", "act", {"ticket": ticket, "items": list(items), "do": what})


def test_it_listens_on_this_machine_only(asked, desk):
    assert asked(desk).server._http.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("base", ["/", "/x/", f"/{SECRET}", f"/{SECRET[:-1]}/", f"/{SECRET}x/"])
def test_without_the_secret_there_is_nothing(asked, desk, base):
    ask = asked(desk)
    for path in ("", "desk", "main.js", "media/0"):
        assert ask("GET", path, base=base)[0] in (403, 404)
    assert ask("POST", "act", {"ticket": "ticket-1", "items": ["a"], "do": {"tag": "x"}}, base=base)[0] == 403
    assert not desk.log.path.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_elsewhere_are_refused_although_they_know_the_secret(asked, desk, headers):
    ask = asked(desk)
    assert ask("GET", "desk", headers=headers)[0] == 403
    assert (
        ask("POST", "act", {"ticket": "ticket-1", "items": ["a"], "do": {"tag": "x"}}, headers=JSON | headers)[0] == 403
    )
    assert not desk.log.path.exists()


def test_the_page_itself_may_ask_also_through_another_port(asked, desk):
    ask = asked(desk)
    for host in (f"127.0.0.1:{ask.server.port}", "localhost:9000", "LOCALHOST", "[::1]:8000"):
        headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert ask("GET", "desk", headers=headers)[0] == 200


@pytest.mark.parametrize(
    "path",
    ["../_http.py", "..%2f_http.py", "static/main.js", "%2e%2e/%2e%2e/errors.py", "/etc/passwd", "media/3", "media/-1",
     "media/0/../../x", "exhibit/99999999999999999999", "index.html.bak", "tags.jsonl"],
)  # fmt: skip
def test_no_other_file_can_be_reached(asked, desk, path):
    assert asked(desk)("GET", path)[0] == 404


def test_what_the_page_consists_of_is_served_and_may_run_nothing_else(asked, desk):
    ask = asked(desk)
    for path, kind in (
        ("", "text/html"),
        ("main.js", "text/javascript"),
        ("page.css", "text/css"),
        ("desk", "application/json"),
    ):
        status, headers, _ = ask("GET", path)
        assert (status, headers.get_content_type()) == (200, kind)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "trusted-types 'none'" in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert b"http" not in ask("GET", "")[2].replace(b"http-equiv", b"")


def test_an_answer_means_that_it_is_in_the_log_and_a_ticket_counts_once(asked, desk):
    ask = asked(desk)
    for _ in range(2):
        status, _, said = say(ask, {"tag": "dark"}, ["a", "b"])
        assert status == 200
        assert {record["key"] for record in desk.log.records()} == {"ticket-1"}
        assert len(desk.log.records()) == 4
    assert said["answers"]["a"]["tags"] == ["dark"]
    assert said["choices"] == [{"name": "dark", "key": "1", "count": 2}]
    assert said["progress"]["done"] == 2
    assert {record["source"] for record in desk.log.records()} == {"page"}
    for _ in range(2):
        _, _, said = ask("POST", "undo", {"ticket": "ticket-2"})
        assert said["items"] == ["a"]
        assert said["answers"] == {}
    assert desk.answers() == {}


def test_who_asks_again_hears_only_what_is_new(asked, desk):
    ask = asked(desk)
    known = ask("GET", "desk")[2]
    version = f"state?version={known['desk']}%20{known['version']}".replace(" ", "%20")
    assert ask("GET", version)[0] == 204
    TagDesk(desk.sample, TagLog(desk.log.path), "ann").act(["c"], {"tag": "fog"}, source="terminal")
    status, _, said = ask("GET", version)
    assert (status, said["answers"]["c"]["tags"]) == (200, ["fog"])


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"ticket": "ticket-1", "items": ["a"], "do": {"wrong_label": "foxx"}}, JSON, 422),
        ({"ticket": "ticket-1", "items": ["nobody"], "do": {"tag": "x y"}}, JSON, 422),
        ({"ticket": "ticket-1", "items": "a", "do": {"tag": "x y"}}, JSON, 422),
        ({"ticket": "ticket-1", "items": ["a"], "do": []}, JSON, 422),
        ({"items": ["a"], "do": {"tag": "x y"}}, JSON, 404),
        ({"ticket": "t" * 65, "items": ["a"], "do": {"tag": "x y"}}, JSON, 404),
        ("{", JSON, 400),
        ([1], JSON, 400),
        ('{"ticket": "ticket-1", "items": ["a"], "do": {"tag": "x y"}}', {"Content-Type": "text/plain"}, 400),
        ("x" * 1_000_001, JSON, 413),
    ],
    ids=range(10),
)  # fmt: skip
def test_faults_are_said_and_nothing_is_written(asked, desk, body, headers, status):
    got, _, said = asked(desk)("POST", "act", body, headers)
    assert got == status
    assert said["error"]
    assert not desk.log.path.exists()
    if "foxx" in str(body):
        assert "'fox'" in said["error"]


def test_a_full_disk_is_said_and_the_same_ticket_works_when_there_is_room(asked, desk, monkeypatch):
    ask = asked(desk)
    with monkeypatch.context() as patch:
        real = os.write

        def full(descriptor, content):
            if b"dark" in content:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(descriptor, content)

        patch.setattr(os, "write", full)
        status, _, said = say(ask, {"tag": "dark"})
    assert status == 507
    assert "disk is full" in said["error"]
    assert say(ask, {"tag": "dark"})[0] == 200
    assert desk.answer("a")["tags"] == ["dark"]


def test_pictures_that_could_hold_a_script_are_not_passed_on(asked, desk):
    class Drawing(NoExhibits):
        def example(self, example):
            return Exhibit("image", media=b"<svg onload='alert(1)'/>", mime="image/svg+xml")

    desk.exhibits = Drawing()
    ask = asked(desk)
    assert ask("GET", "media/0")[0] == 404
    assert ask("GET", "exhibit/0")[2]["example"]["media"] == ""


def test_a_blind_desk_shows_no_neighbour(asked, tmp_path):
    class Near(NoExhibits):
        def neighbour(self, example):
            return Exhibit("text", text="the nearest", label="cat")

    items = [Item("a", "a"), Item("b", "b", y_true="cat")]
    desk = VoteDesk(items, VoteLog(tmp_path / "v.jsonl"), "ann", labels=["cat"], title="", exhibits=Near())
    ask = asked(desk)
    assert ask("GET", "exhibit/0")[2]["neighbour"] is None
    assert ask("GET", "exhibit/1")[2]["neighbour"]["label"] == "cat"


def test_nobody_waits_for_data_that_are_still_being_read(asked, desk):
    class Slow(NoExhibits):
        def ready(self):
            return False

    desk.exhibits = Slow()
    ask = asked(desk)
    assert ask("GET", "exhibit/0")[0] == 202
    assert ask("GET", "media/0")[0] == 503
    assert say(ask, {"tag": "dark"})[0] == 200


def served(desk, then, **more):
    """Run ``serve`` until ``then(url)``, called in another thread, has ended it."""
    threads = []

    def ready(url):
        threads.append(threading.Thread(target=then, args=(url,)))
        threads[0].start()

    serve(desk, open_browser=False, on_ready=ready, **more)
    threads[0].join(10)


def finish(url):
    host, secret = url.removeprefix("http://").split("/")[:2]
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("POST", f"/{secret}/finish", "{}", JSON)
    assert connection.getresponse().read() == b'{"finished":true}'
    connection.close()


def test_finish_ends_it_and_the_next_page_has_another_address(desk):
    urls = []
    for _ in range(2):
        served(desk, lambda url: (urls.append(url), finish(url)))
    assert urls[0].split("/")[3] != urls[1].split("/")[3]
    assert len(urls[0].split("/")[3]) == 32


def test_after_a_kill_the_address_is_the_same(desk):
    memory = _address.Memory.of(desk)
    memory.write(0, SECRET)  # as a server leaves it that was killed
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600
    urls = []
    served(desk, lambda url: (urls.append(url), finish(url)))
    assert SECRET in urls[0]
    memory.write(0, SECRET)
    os.utime(memory.path, (time.time() - 2 * 86_400,) * 2)
    assert memory.read() is None
    memory.path.write_text('["8000"')
    assert memory.read() is None


def test_a_port_that_is_taken_is_said(asked, desk):
    port = asked(desk).server.port
    for wrong in (port, 70_000, -1):
        with pytest.raises(UserError, match=str(wrong)):
            serve(desk, port=wrong, open_browser=False)
