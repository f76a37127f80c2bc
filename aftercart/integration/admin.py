"""Integration tokens in the back office: seen and revoked there, made by `aftercart token make`."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercart.integration.models import IntegrationToken
from aftercart.row_versions import VersionedAdmin


@admin.register(IntegrationToken)
class IntegrationTokenAdmin(VersionedAdmin):
    """Who may hand over orders and have links made, and when each was here last."""

    list_display = ("name", "hint", "scopes", "created_date", "expires_date", "revoked_date", "last_used_date")
    search_fields = ("name", "hint")
    actions = ("revoke",)
    moving_fields = ("last_used_date",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown once: on the terminal of whoever made it, not in a browser's history."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: IntegrationToken | None = None) -> bool:
        """A row is never edited; it is revoked."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IntegrationToken | None = None) -> bool:
        """Who was let in stays known."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may change tokens, by Django's own permission."""
        return request.user.has_perm("integration.change_integrationtoken")

    @admin.action(description=_("Revoke the chosen tokens"), permissions=["revoke"])
    def revoke(self, _request: HttpRequest, tokens: QuerySet[IntegrationToken]) -> None:
        """They are refused from the next request on."""
        tokens.filter(revoked_date=None).update(revoked_date=timezone.now())
