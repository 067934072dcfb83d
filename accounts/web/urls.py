"""Signing in, a person's own page, Telnyx accounts."""

from django.urls import path

from accounts.web.people.views import person
from accounts.web.sign_in import ChangePassword, SignIn, SignOut
from accounts.web.telnyx_accounts import views as telnyx_accounts

urlpatterns = [
    path("", telnyx_accounts.home, name="home"),
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-out/", SignOut.as_view(), name="account_logout"),
    path("person/", person, name="person"),
    path("person/password/", ChangePassword.as_view(), name="account_change_password"),
    path("accounts/add/", telnyx_accounts.add_account, name="add_account"),
    path("a/<slug:account>/settings/", telnyx_accounts.telnyx_account, name="telnyx_account"),
    path("a/<slug:account>/settings/rules/", telnyx_accounts.account_rules, name="account_rules"),
    path("a/<slug:account>/settings/members/", telnyx_accounts.add_member, name="add_member"),
    path(
        "a/<slug:account>/settings/members/<int:pk>/",
        telnyx_accounts.change_member,
        name="change_member",
    ),
]
