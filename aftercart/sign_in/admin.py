"""Who customers are at the shop's own login, in the back office."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftercart.row_versions import VersionedAdmin
from aftercart.sign_in.models import ExternalIdentity


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(VersionedAdmin):
    """Seen, and deleted where somebody came into the wrong account: the next sign-in finds its customer anew."""

    list_display = ("customer", "issuer", "subject", "created_date")
    list_select_related = ("customer",)
    search_fields = ("=customer__email", "=subject")
    search_help_text = _("E-mail or subject")
    fields = readonly_fields = ("customer", "issuer", "subject", "created_date")
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a sign-in makes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ExternalIdentity | None = None) -> bool:
        """Nobody: they are deleted, and made anew."""
        return False
