"""A certificate authority of the tests' own, made with the openssl program once per run."""

from __future__ import annotations

import os
import subprocess


def openssl(*arguments: str) -> None:
    subprocess.run(
        ["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
    )


class TestAuthority:
    """`ca` is the PEM to trust; `server` and `key` serve localhost and 127.0.0.1."""

    __test__ = False

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        self._ca_key = os.path.join(folder, "ca.key")
        openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            self._ca_key,
            "-out",
            self.ca,
            "-days",
            "30",
            "-subj",
            "/CN=Test CA",
        )
        self.server, self.key = self.issue("server", "DNS:localhost,IP:127.0.0.1")
        self.wrong_name, self.wrong_name_key = self.issue("wrong", "DNS:elsewhere.example")
        self.expired, self.expired_key = self.issue("expired", "DNS:localhost,IP:127.0.0.1", days=-1)

    def issue(self, name: str, names: str, days: int = 30) -> tuple[str, str]:
        path, key = os.path.join(self.folder, name + ".pem"), os.path.join(self.folder, name + ".key")
        request, extra = os.path.join(self.folder, name + ".csr"), os.path.join(self.folder, name + ".ext")
        openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key,
            "-out",
            request,
            "-subj",
            "/CN=" + name,
        )
        with open(extra, "w") as out:
            out.write("subjectAltName=" + names + "\n")
        openssl(
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            self.ca,
            "-CAkey",
            self._ca_key,
            "-CAcreateserial",
            "-out",
            path,
            "-days",
            str(days),
            "-extfile",
            extra,
        )
        return path, key


def make_key(folder: str, name: str, kind: str = "ec") -> tuple[str, str]:
    """(private, public) PEM paths of a release key."""
    private, public = os.path.join(folder, name + ".key.pem"), os.path.join(folder, name + ".pem")
    if kind == "ec":
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private)
    else:
        openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public
