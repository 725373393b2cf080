"""Addresses of this room."""

from django.urls import URLPattern, path

from governance.access.web import keys, people, profile, sign_in

PEOPLE = "administration/people"
KEYS = "administration/keys"

api_urlpatterns: list[URLPattern] = []
urlpatterns: list[URLPattern] = [
    path("sign-in", sign_in.SignIn.as_view(), name="account_login"),
    path("sign-out", sign_in.sign_out, name="account_logout"),
    path("profile", profile.profile, name="page-profile"),
    path("profile/password", sign_in.password, name="page-password"),
    path("profile/tokens", profile.new_token, name="page-tokens"),
    path("profile/tokens/<uuid:token_id>/revoke", profile.revoke_token, name="page-token-revoke"),
    path(PEOPLE, people.listed, name="page-people"),
    path(f"{PEOPLE}/new", people.new, name="page-person-new"),
    path(f"{PEOPLE}/<uuid:person_id>", people.one, name="page-person"),
    path(f"{PEOPLE}/<uuid:person_id>/grant", people.grant, name="page-person-grant"),
    path(
        f"{PEOPLE}/<uuid:person_id>/roles/<uuid:assignment_id>/revoke",
        people.revoke,
        name="page-person-revoke",
    ),
    path(f"{PEOPLE}/<uuid:person_id>/deactivate", people.deactivate, name="page-person-deactivate"),
    path(f"{PEOPLE}/<uuid:person_id>/password", people.password, name="page-person-password"),
    path(f"{PEOPLE}/<uuid:person_id>/group", people.group, name="page-person-group"),
    path(
        f"{PEOPLE}/<uuid:person_id>/tokens/<uuid:token_id>/revoke",
        people.revoke_token,
        name="page-person-token-revoke",
    ),
    path(KEYS, keys.listed, name="page-keys"),
    path(f"{KEYS}/new", keys.new, name="page-key-new"),
    path(f"{KEYS}/<uuid:key_id>", keys.one, name="page-key"),
    path(f"{KEYS}/<uuid:key_id>/rotate", keys.rotate, name="page-key-rotate"),
    path(f"{KEYS}/<uuid:key_id>/revoke", keys.revoke, name="page-key-revoke"),
]
