"""Tests about the code itself: what no reviewer should have to look for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

ROOT = Path(__file__).resolve().parents[2]
APP = sorted((ROOT / "app").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
PAGES = [path for path in TEMPLATES if path.suffix == ".html"]


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_rooms_call_downwards_only() -> None:
    contracts = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert contracts.returncode == 0, contracts.stdout


@pytest.mark.parametrize("path", APP, ids=ids(APP))
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", APP, ids=ids(APP))
def test_a_file_says_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith('"""')


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_templates_parse_and_hold_no_inline_code(path: Path) -> None:
    text = path.read_text()
    Environment(loader=FileSystemLoader(ROOT / "templates"), extensions=["jinja2.ext.i18n"], autoescape=True).parse(
        text
    )
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bon(click|change|submit|input|load)=|\sstyle=", text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_forms_carry_a_token(path: Path) -> None:
    text = path.read_text()
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL | re.IGNORECASE)
    for form in forms:
        assert re.search(r"csrf|form_fields|page_key", form), form[:200]


def test_layout_uses_logical_properties() -> None:
    physical = re.compile(
        r"(?<![-\w])(margin|padding|border)-(left|right)|(?<![-\w])(left|right)\s*:|text-align:\s*(left|right)"
    )
    for path in (ROOT / "static" / "css").rglob("*.css"):
        found = physical.search(path.read_text())
        assert not found, f"{path.name}: {found and found[0]}"


def test_nothing_names_a_registry_or_a_leftover() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text()
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    for path in [*APP, *PAGES]:
        assert not marks.search(path.read_text()), path
