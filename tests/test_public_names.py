"""The public names of the package."""

import invopt_xl


def test_every_public_name_can_be_had() -> None:
    for name in invopt_xl.__all__:
        assert getattr(invopt_xl, name) is not None


def test_public_names_are_the_documented_homes() -> None:
    assert set(invopt_xl.__all__) == {*invopt_xl._HOMES, "__version__"}
    assert dir(invopt_xl) == sorted(invopt_xl.__all__)


def test_public_names_have_docstrings() -> None:
    for name in invopt_xl._HOMES:
        assert (getattr(invopt_xl, name).__doc__ or "").strip(), name
