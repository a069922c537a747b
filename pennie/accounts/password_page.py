"""The page behind an invitation's link, at which a person sets a password."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from unfold.widgets import UnfoldAdminPasswordWidget

from pennie.accounts.inviting import PASSWORD_LINKS
from pennie.accounts.models import User

if TYPE_CHECKING:
    _SetPasswordForm = DjangoSetPasswordForm[User]
else:
    _SetPasswordForm = DjangoSetPasswordForm


class SetPasswordForm(_SetPasswordForm):
    """In the admin's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


def set_password(request: HttpRequest, uidb64: str, token: str) -> HttpResponseBase:
    """Django's own view, in the admin's look."""
    view = PasswordResetConfirmView.as_view(
        template_name="pennie/set_password.html",
        form_class=SetPasswordForm,
        token_generator=PASSWORD_LINKS,
        success_url=reverse("admin:login"),
        extra_context=admin.site.each_context(request),
    )
    return view(request, uidb64=uidb64, token=token)
