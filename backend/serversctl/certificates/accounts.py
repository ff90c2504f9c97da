"""This installation's account at an authority: one key for each directory, kept sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ..kernel.db import database_now, reading, unit_of_work
from ..kernel.failpoint import failpoint
from ..kernel.ids import new_id
from ..kernel.outbound import Outbound
from .ca import Binding, Ca
from .keys import new_key_pem
from .tables import AcmeAccount


def open_ca(wiring: Any) -> Ca:
    """The authority of the settings, with our account there. Raises AcmeError; registers at first use.

    The key is stored before the authority hears of it: a crash in between finds the same account again.
    """
    settings = wiring.settings
    account = _account(wiring, settings.acme_directory)
    key_pem = wiring.sealer.open(account.key_sealed, _context(account))
    outbound = Outbound(allow=settings.outbound_allow, ca_file=settings.outbound_ca_file)
    ca = Ca(settings.acme_directory, key_pem, outbound)
    if account.url:
        ca.use_account(account.url)
        return ca
    binding = Binding(settings.acme_eab_kid, settings.acme_eab_hmac_key) if settings.acme_eab_kid else None
    try:
        url = ca.register(settings.acme_contact, binding)
    except BaseException:
        ca.close()
        raise
    failpoint("acme.registered")
    _note_url(wiring, account, url)
    return ca


def forget_url(wiring: Any) -> None:
    """The authority lost our account (a test authority that was emptied): register the same key again."""
    with unit_of_work(wiring.sessions) as session:
        session.execute(
            update(AcmeAccount).where(AcmeAccount.directory_url == wiring.settings.acme_directory).values(url="")
        )


def _account(wiring: Any, directory_url: str) -> AcmeAccount:
    found = _known(wiring, directory_url)
    if found is not None:
        return found
    made = AcmeAccount(id=new_id(), directory_url=directory_url, url="")
    made.key_sealed = wiring.sealer.seal(new_key_pem(), _context(made))
    try:
        with unit_of_work(wiring.sessions) as session:
            made.created_at = database_now(session)
            session.add(made)
    except IntegrityError:
        # Another process was first: its key counts.
        found = _known(wiring, directory_url)
        if found is None:
            raise
        return found
    return made


def _known(wiring: Any, directory_url: str) -> AcmeAccount | None:
    with reading(wiring.sessions) as session:
        found: AcmeAccount | None = session.scalar(
            select(AcmeAccount).where(AcmeAccount.directory_url == directory_url)
        )
        session.expunge_all()
        return found


def _note_url(wiring: Any, account: AcmeAccount, url: str) -> None:
    with unit_of_work(wiring.sessions) as session:
        session.execute(update(AcmeAccount).where(AcmeAccount.id == account.id).values(url=url))


def _context(account: AcmeAccount) -> str:
    return f"acme_accounts:{account.id}:key"
