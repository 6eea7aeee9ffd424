"""Keys of accounts must not leave by accident."""

import pickle

import msgspec
import pytest

from tradewind.ports import Keys

KEYS = Keys({"key": "visible", "secret": "not-to-be-seen"})


def test_keys_print_as_stars() -> None:
    assert f"{KEYS} {KEYS!r}" == "Keys(***) Keys(***)"


@pytest.mark.parametrize(
    "write", [msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps]
)
def test_nothing_encodes_keys(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError) as refused:
        write(KEYS)
    assert "not-to-be-seen" not in str(refused.value)


def test_keys_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        KEYS.values["secret"] = "other"  # type: ignore[index]
