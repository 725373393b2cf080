"""Events of accounts, roles, keys and signing in."""

from audit.trail.controls import ACCESS_ENDED, ACCESS_GIVEN, CREDENTIALS, OVERSEERS, SIGN_IN
from audit.trail.declaring import (
    COMMITMENT,
    FLAG,
    ID,
    KEY,
    PERSON,
    SCOPE,
    TEXT,
    TIME,
    Area,
    Member,
    Row,
    many,
    maybe,
)

_ROLE = (
    Member("person", PERSON, "who holds the role"),
    Member("role", TEXT, "the role"),
    Member("scope", SCOPE, "where it holds"),
)

AREA = Area(
    "Accounts and access",
    (
        Row(
            "access.person.created",
            "opened an account",
            "person",
            (
                Member("email", COMMITMENT, "the account's e-mail address"),
                Member("name", COMMITMENT, "the name of its holder"),
            ),
            (ACCESS_GIVEN,),
        ),
        Row("access.person.deactivated", "deactivated an account", "person", (), (ACCESS_ENDED,)),
        Row(
            "access.person.group_set",
            "set an independence group",
            "person",
            (Member("group", TEXT, "people of one group may not sign for each other; empty: of none"),),
            (ACCESS_GIVEN,),
        ),
        Row(
            "access.person.password_set",
            "set a password",
            "person",
            (Member("own", FLAG, "whether it is the actor's own"),),
            (CREDENTIALS,),
        ),
        Row(
            "access.person.profile_changed",
            "changed a profile",
            "person",
            (Member("name", COMMITMENT, "the name of the account's holder from now on"),),
        ),
        Row("access.role.granted", "gave a role", "role_assignment", _ROLE, (ACCESS_GIVEN, OVERSEERS)),
        Row("access.role.revoked", "took a role", "role_assignment", _ROLE, (ACCESS_ENDED,)),
        Row("access.sign_in.done", "signed in", "sign_in", (), (SIGN_IN,)),
        Row("access.sign_in.ended", "signed out", "sign_in", (), (SIGN_IN,)),
        Row(
            "access.sign_in.refused",
            "was refused at sign-in",
            "sign_in",
            (
                Member(
                    "person", maybe(PERSON), "whose account was tried; null where there is no such account"
                ),
                Member("locked", FLAG, "whether it was refused for too many attempts"),
            ),
            (SIGN_IN,),
        ),
        Row(
            "access.key.created",
            "made a service key",
            "service_key",
            (
                Member("name", TEXT, "what the key is called"),
                Member("scopes", many(TEXT), "what it may do"),
                Member("systems", many(ID), "the AI systems it is limited to; none: all"),
                Member("environments", many(TEXT), "the environments it is limited to; none: all"),
                Member("owner", maybe(PERSON), "who answers for it"),
                Member("rotated_from", maybe(KEY), "the key that it follows"),
            ),
            (CREDENTIALS, ACCESS_GIVEN),
        ),
        Row(
            "access.key.rotated",
            "rotated a service key",
            "service_key",
            (
                Member("successor", KEY, "the key that follows it"),
                Member("works_until", TIME, "when its secret ends"),
            ),
            (CREDENTIALS,),
        ),
        Row("access.key.revoked", "revoked a service key", "service_key", (), (CREDENTIALS, ACCESS_ENDED)),
        Row(
            "access.token.created",
            "made a personal token",
            "personal_token",
            (
                Member("person", PERSON, "as whom it acts"),
                Member("name", TEXT, "what the token is called"),
            ),
            (CREDENTIALS,),
        ),
        Row(
            "access.token.revoked",
            "ended a personal token",
            "personal_token",
            (Member("person", PERSON, "as whom it acted"),),
            (CREDENTIALS, ACCESS_ENDED),
        ),
    ),
)
