"""Pages that only show."""

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import TabularInline

from aftercart.row_versions import VersionedAdmin


class Unwritten:
    """What happened is written by those to whom it happened, never by hand: no adding, changing, deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyAdmin(Unwritten, VersionedAdmin):
    """A list and pages to read."""

    list_per_page = 50
    show_full_result_count = False  # counting a second time is what makes long lists slow


class ReadOnlyInline(Unwritten, TabularInline):  # type: ignore[misc]
    """Rows of another table, as a tab of their owner's page."""

    extra = 0
    tab = True
    hide_title = True
    per_page = 50
