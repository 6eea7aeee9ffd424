"""Keys of accounts: how they are asked for, checked, sealed and opened again.

Knows which fields a venue's keys have. Must not show one: what leaves is a name, a venue, and a
fingerprint of the public half.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tradewind.app.config import load_settings
from tradewind.app.desk_tables import VENUES, Environment, VenueWord
from tradewind.edge.store.vault_file import FileVault
from tradewind.edge.store.vault_lock import KeyFile, Passphrase, read_passphrase
from tradewind.model.errors import ConfigError, Refused
from tradewind.ports import Keys

VAULT = "vault"
KEY_FILE = "vault.key"
"""A master key of this name in the data folder is found without being named."""
VENUE = "venue"
FINGERPRINT = "fingerprint"
PROXY = "proxy"
WEBHOOK = "webhook"
EMAIL = "email"
FINGERPRINT_DIGITS = 8
LEAST_KEY_BITS = 2048
LONGEST_FIELD = 16_384
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
PRINTABLE = re.compile(r"[!-~]+")
PEM_BEGINS = "-----BEGIN"


class KeyField(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a set of keys: the venue's word for it, and the adapter's, it is sealed under.

    `pem` fields are a private key, `may_be_pem` ones can be an RSA key.
    """

    word: str
    sealed: str
    prompt: str
    pem: bool = False
    may_be_pem: bool = False


FIELDS: dict[str, tuple[KeyField, ...]] = {
    # The public one comes first: the fingerprint is made from it.
    VenueWord.BYBIT.value: (
        KeyField(word="api_key", sealed="key", prompt="API key"),
        KeyField(word="api_secret", sealed="secret", prompt="API secret", may_be_pem=True),
    ),
    VenueWord.KALSHI.value: (
        KeyField(word="key_id", sealed="key_id", prompt="Key id"),
        KeyField(word="private_key", sealed="private_key", prompt="Private key", pem=True),
    ),
    PROXY: (
        KeyField(word="user", sealed="user", prompt="User at the proxy"),
        KeyField(word="password", sealed="password", prompt="Password at the proxy"),
    ),
    WEBHOOK: (KeyField(word="token", sealed="token", prompt="Token in the address"),),
    EMAIL: (
        KeyField(word="user", sealed="user", prompt="User at the mail server"),
        KeyField(word="password", sealed="password", prompt="Password at the mail server"),
    ),
}
"""What is asked for, by the word after `--venue`."""


class AccountKeys(msgspec.Struct, frozen=True):
    """What may be shown of an entry of the vault."""

    name: str
    venue: str
    fingerprint: str


class KeyCheck(msgspec.Struct, frozen=True):
    """What to ask a venue about keys: where, and as whom. `hosts` are those of a custom world."""

    venue: str
    keys: Keys
    environment: Environment
    hosts: Mapping[str, str]


def vault_of(
    root: Path, key_file: Path | None, passphrase_file: Path | None, ask: Callable[[str, bool], str]
) -> FileVault:
    """Return the vault of a data folder, opened by a key file, a passphrase file, or by asking.

    `ask` gets what it is asked for and whether the passphrase is new. Nothing is read before it
    is needed. Where neither file is named, the key file of the data folder is taken if there is
    one.
    """
    own = root / KEY_FILE
    if key_file is None and passphrase_file is None and own.is_file():
        key_file = own
    if key_file is not None:
        return FileVault(root / VAULT, KeyFile(key_file))

    def told(what: str, is_new: bool) -> str:  # noqa: FBT001 - the shape of `ask`
        return ask(what, is_new) if passphrase_file is None else read_passphrase(passphrase_file)

    return FileVault(root / VAULT, Passphrase(told))


def fields_of(venue: str) -> tuple[KeyField, ...]:
    """Return what a venue's keys are made of; raises ConfigError for an unknown venue."""
    if venue not in FIELDS:
        raise ConfigError(f"Read --venue, found {venue!r}; give one of {', '.join(FIELDS)}.")
    return FIELDS[venue]


def check_name(name: str) -> None:
    """Raise ConfigError for a name that an entry cannot have."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            "Read the account's name, found one that cannot be; give at most 32 letters, digits, "
            "- and _, beginning with a letter or digit."
        )


def checked(venue: str, given: Mapping[str, object]) -> Keys:
    """Return the fields as keys; raises ConfigError, which repeats no value, for a wrong one."""
    fields = fields_of(venue)
    words = [field.word for field in fields]
    for word in given:
        if word not in words:
            raise ConfigError(
                f"Read the keys of a {venue} account, found an unknown field; give "
                f"{' and '.join(words)}."
            )
    return Keys({field.sealed: _checked(venue, field, given.get(field.word)) for field in fields})


def decoded(text: bytes, venue: str) -> dict[str, object]:
    """Return fields that came as a JSON object; raises ConfigError, which repeats none of it."""
    words = ", ".join(f'"{field.word}": "…"' for field in fields_of(venue))
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ConfigError(
            f"Read the keys from stdin, found no JSON object; give {{{words}}}."
        ) from None


def fingerprint(venue: str, keys: Keys) -> str:
    """Return the first digits of the SHA-256 of the public half, to tell keys apart by."""
    public = keys.values[fields_of(venue)[0].sealed]
    return sha256(public.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def listed(vault: FileVault) -> list[AccountKeys]:
    """Return what may be shown of every entry, by name; opens nothing."""
    return [
        AccountKeys(name, labels.get(VENUE, "?"), labels.get(FINGERPRINT, "?"))
        for name, labels in sorted(vault.labels().items())
    ]


def found(vault: FileVault, name: str) -> AccountKeys:
    """Return what may be shown of one entry; raises ConfigError where it is none."""
    for each in listed(vault):
        if each.name == name:
            return each
    raise _none(vault, name)


def see_free(vault: FileVault, name: str, *, replace: bool) -> None:
    """Raise ConfigError where a name has keys already that are not to be replaced."""
    if not replace and name in vault.names():
        raise ConfigError(
            f"Added the account {name}, found keys of that name already; choose another name, or "
            f"replace them with --replace."
        )


def add(vault: FileVault, name: str, venue: str, keys: Keys) -> AccountKeys:
    """Seal keys under a name, and return what may be shown of them."""
    made = AccountKeys(name, venue, fingerprint(venue, keys))
    vault.seal(name, keys, {VENUE: venue, FINGERPRINT: made.fingerprint})
    return made


def open_keys(vault: FileVault, name: str, venue: str) -> Keys:
    """Return the keys of a venue under a name; raises ConfigError for those of another venue."""
    keys = vault.open(name)
    there = vault.labels().get(name, {}).get(VENUE)
    if there != venue:
        raise ConfigError(
            f"Opened {name} in the vault {vault.path}, found keys of {there} where {venue} needs "
            f"its own; name another entry, or add it: tradewind accounts add --venue {venue}."
        )
    return keys


def where(
    name: str, venue: str, environment: str, config: Path | None
) -> tuple[Environment, Mapping[str, str]]:
    """Return in which world keys are to be tried: of the configuration, or a named one.

    Raises ConfigError for a world that the venue has not, or that only a configuration describes.
    """
    if config is not None:
        for account in load_settings(config).accounts:
            if account.keys == name:
                return account.environment, account.hosts
        raise ConfigError(f"Read {config}, found no account with the keys {name}; name another.")
    if venue not in VENUES:
        raise Refused(
            f"Looked where to try {name}, found keys of a {venue}; only a desk does that."
        )
    facts = VENUES[VenueWord(venue)]
    worlds = [each for each in (facts.real, *facts.play) if each is not Environment.CUSTOM]
    for world in worlds:
        if environment in ("", world.value):
            return world, {}
    raise ConfigError(
        f"Read --environment, found {environment!r}; give one of "
        f"{', '.join(each.value for each in worlds)}, or a desk.toml with --config."
    )


def _none(vault: FileVault, name: str) -> ConfigError:
    known = ", ".join(vault.names())
    return ConfigError(
        f"Looked in the vault {vault.path} for {name}, found "
        f"{f'only {known}' if known else 'nothing'}; see: tradewind accounts list"
    )


def _checked(venue: str, field: KeyField, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(venue, field, "nothing", f"give the {field.word}")
    text = value.strip()
    if len(text) > LONGEST_FIELD:
        raise _wrong(venue, field, "far too much", f"give the {field.word} alone")
    if field.pem or (field.may_be_pem and text.startswith(PEM_BEGINS)):
        return _pem(venue, field, text)
    if not PRINTABLE.fullmatch(text):
        raise _wrong(venue, field, "spaces, line ends or signs that no key has", "copy it again")
    return text


def _pem(venue: str, field: KeyField, text: str) -> str:
    text = "\n".join(line.strip() for line in text.splitlines()) + "\n"
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise _wrong(
            venue, field, "a key locked by its own passphrase", "take that off: the vault seals it"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong(
            venue, field, "no private key in PEM form", "give the file that the venue handed out"
        ) from None
    if field.pem and isinstance(key, Ed25519PrivateKey):
        return text
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_KEY_BITS:
        raise _wrong(venue, field, "no RSA key of 2048 bits or more", "make a new key at the venue")
    return text


def _wrong(venue: str, field: KeyField, found: str, remedy: str) -> ConfigError:
    return ConfigError(f"Read the {field.word} of a {venue} account, found {found}; {remedy}.")
