"""Migrations run while the product is used: none holds up writing for as long as an index takes to build."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddIndex, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader

FIRST_RELEASE = {"0001_initial", "0002_spending"}  # nobody's tables held rows yet


def builds_at_once(migration: Migration) -> list[str]:
    """Indexes on tables that may hold rows, built in one go."""
    made = {each.name.lower() for each in migration.operations if isinstance(each, CreateModel)}
    return [
        each.index.name
        for each in migration.operations
        if isinstance(each, AddIndex)
        and not isinstance(each, AddIndexConcurrently)
        and each.model_name.lower() not in made
    ]


def test_an_index_on_a_table_that_holds_rows_is_built_while_they_are_written() -> None:
    ours = {"jobs", "documents", "patients", "accounts"}
    found = MigrationLoader(None).disk_migrations.items()
    later = [each for (app, name), each in found if app in ours and name not in FIRST_RELEASE]
    assert later
    assert {f"{each}": builds_at_once(each) for each in later if builds_at_once(each)} == {}
