"""One POST to a stranger's server, over real sockets."""

import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.webhooks import posting
from jobs.webhooks.posting import MOST_OF_ANSWER, PostFailed, post
from pennie.lib.public_addresses import parse_networks
from tests.receiver import LONGEST, answering, dripping, hanging, raw, read_request, receiving

LOOPBACK = parse_networks("127.0.0.0/8")
SHORT, LONG = 0.4, 10.0  # for those that never end, and for those that do


def send(url, *, trusted=LOOPBACK, seconds=LONG, **given):
    return post(url=url, body=b'{"a":1}', headers={"webhook-id": "msg_1"}, seconds=seconds, trusted=trusted, **given)


def test_it_sends_what_it_is_given_and_reads_the_beginning_of_the_answer():
    with receiving(answering(200, body="é" * MOST_OF_ANSWER)) as receiver:
        answer = send(f"http://127.0.0.1:{receiver.port}/a/hook?key=1%2F2#part")
    (received,) = receiver.received
    assert (received.path, received.body) == ("/a/hook?key=1%2F2", b'{"a":1}')
    assert received.headers["webhook-id"] == "msg_1"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (answer.status, answer.beginning) == (200, "é" * (MOST_OF_ANSWER // 2))


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/"])
def test_a_redirect_is_an_answer_and_is_not_followed(location):
    with receiving(answering(307, headers=f"Location: {location}\r\n")) as receiver:
        assert send(receiver.url).status == 307
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "behaves",
    [
        pytest.param(hanging, id="hangs"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX-Head: "), id="drips its headers"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"), id="drips its body"),
    ],
)
def test_a_bad_server_holds_nobody_longer_than_told(behaves):
    began = time.monotonic()
    with receiving(behaves) as receiver, pytest.raises(PostFailed) as failed:
        send(receiver.url, seconds=SHORT)
    assert failed.value.failure == "timed_out"
    assert time.monotonic() - began < LONGEST  # no measure of speed: it goes on as long as that


@pytest.mark.parametrize(
    ("behaves", "failure"),
    [
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "broken_answer", id="speaks something else"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), "broken_answer", id="breaks off"),
        pytest.param(raw(b""), "broken_answer", id="hangs up"),
    ],
)
def test_what_is_no_answer_is_told(behaves, failure):
    with receiving(behaves) as receiver, pytest.raises(PostFailed) as failed:
        send(receiver.url)
    assert failed.value.failure == failure


def test_nobody_there_is_told():
    with receiving(hanging) as receiver:
        url = receiver.url
    with pytest.raises(PostFailed) as failed:
        send(url)
    assert failed.value.failure == "unreachable"


@pytest.mark.parametrize(
    ("url", "addresses", "failure"),
    [
        ("https://hook.example/", ["10.0.0.5"], "refused_address"),
        ("https://hook.example/", ["127.0.0.1"], "refused_address"),
        ("https://hook.example/", ["93.184.215.14", "127.0.0.1"], "refused_address"),
        ("http://hook.example/", ["93.184.215.14"], "refused_address"),  # without TLS
        ("https://hook.example/", [], "unknown_host"),
    ],
)
def test_what_may_not_be_sent_to_is_not_connected_to(url, addresses, failure):
    with pytest.raises(PostFailed) as failed:
        send(url, trusted=(), resolve=lambda host, port: addresses)
    assert failed.value.failure == failure


def test_the_name_is_looked_up_once_so_that_a_second_answer_changes_nothing():
    with receiving(answering(204)) as receiver:
        answers = [["127.0.0.1"], ["10.255.255.1"]]
        looked: list[str] = []

        def resolve(host, port):
            looked.append(host)
            return answers[len(looked) - 1]

        assert send(f"http://hook.example:{receiver.port}/", resolve=resolve).status == 204
    assert looked == ["hook.example"]
    assert receiver.received[0].headers["host"] == f"hook.example:{receiver.port}"


def test_a_server_that_speaks_no_tls_is_told():
    plain = raw(b"HTTP/1.1 400 Bad\r\n\r\n")
    with receiving(plain, reads=False) as receiver, pytest.raises(PostFailed) as failed:
        send(f"https://127.0.0.1:{receiver.port}/")
    assert failed.value.failure == "tls"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate and its key for hook.example, signed by itself: the paths of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def encrypted(paths, answer):
    """Speaks TLS with the certificate, then answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)

    def speak(sock, ended):
        with context.wrap_socket(sock, server_side=True) as secured:
            read_request(secured)
            answer(secured, ended)

    return speak


@pytest.mark.parametrize(
    ("host", "is_trusted", "outcome"),
    [("hook.example", True, 204), ("other.example", True, "tls"), ("hook.example", False, "tls")],
)
def test_the_certificate_must_be_the_names_and_trusted(certificate, monkeypatch, host, is_trusted, outcome):
    if is_trusted:
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        monkeypatch.setattr(posting, "_tls", lambda: trusting)
    with receiving(encrypted(certificate, answering(204)), reads=False) as receiver:
        try:
            got = send(f"https://{host}:{receiver.port}/", resolve=lambda host, port: ["127.0.0.1"]).status
        except PostFailed as failed:
            got = failed.failure
    assert got == outcome


def test_a_server_that_drips_its_greeting_holds_nobody():
    greeting = dripping(b"\x16\x03\x03\x40\x00")  # of a record of 16 kB
    with receiving(greeting, reads=False) as receiver, pytest.raises(PostFailed) as failed:
        send(f"https://127.0.0.1:{receiver.port}/", seconds=SHORT)
    assert failed.value.failure == "timed_out"
