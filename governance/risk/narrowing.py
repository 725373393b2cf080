"""Which systems stand as some class: `standing.standing_class`, said to the database for all of them at once.

A list that asks every system first how it stands takes as long as there are systems. A test compares both.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from governance.risk.engine import UNDETERMINED
from governance.risk.models import Assessment, Override
from governance.risk.pack import Pack
from governance.risk.packs import shelf
from governance.risk.selectors import LAW
from governance.risk.standing import order_of
from governance.risk.states import OverrideKind, OverrideState

RARE: Final = 1_000
"""Up to so many assessments and overrides that name a class, its systems are looked for by them. Of a more
common one a page is soon full, whatever order the systems come in."""


def is_classified() -> Exists:
    """For a query set of AI systems: those that were ever classified under the law."""
    return Exists(Assessment.objects.filter(system=OuterRef("pk"), pack=LAW))


def stands_as(class_: str, *, on: dt.date) -> Q:
    """For a query set of AI systems: those that stand as this class under the law on a day."""
    of_system = Assessment.objects.filter(system=OuterRef(OuterRef("pk")), pack=LAW)
    newest = Assessment.objects.filter(pk=Subquery(of_system.order_by("-number").values("pk")[:1]))
    packs = shelf().get(LAW, {})
    stands = Q(class_id=class_) & ~Q(pack_version__in=list(packs))
    for version, pack in packs.items():
        stands |= Q(pack_version=version) & _InPack(pack, on).stands_as(class_)
    found = Q(Exists(newest.filter(stands)))
    ever = list(_ever(class_)[: RARE + 1])
    return found & Q(pk__in=set(ever)) if len(ever) <= RARE else found


def _ever(class_: str) -> QuerySet[Any, UUID]:
    """The ids of all systems that may stand as the class, and of some that do not, by an index."""
    exemptions = (pack.document.get("exemption") for pack in shelf().get(LAW, {}).values())
    exempt = {each["class"] for each in exemptions if each and each["stands_as"] == class_}
    answered = Assessment.objects.filter(pack=LAW, class_id__in={class_, *exempt})
    to = Override.objects.filter(pack=LAW, state=OverrideState.APPROVED)
    if class_ != UNDETERMINED:  # it stands for every class that a pack does not know
        to = to.filter(to_class=class_)
    ids = to.values_list("system_id", flat=True)
    return answered.values_list("system_id", flat=True).union(ids, all=True)


class _InPack:
    """Conditions on an assessment of one version of the pack."""

    def __init__(self, pack: Pack, on: dt.date) -> None:
        self.pack, self.on = pack, on
        self.order = order_of(pack)

    def stands_as(self, class_: str) -> Q:
        """With everything that people set: the lightest downward counts, then the gravest upward."""
        if class_ not in self.order:
            return Q(pk__in=())
        at = self.order.index(class_)
        graver, same, lighter = self.order[:at], [class_], self.order[at + 1 :]
        lowered_to_it = self._answered(same) | self._answered(graver) & self._set(OverrideKind.DOWNWARD, same)
        stays = ~self._set(OverrideKind.DOWNWARD, lighter) & lowered_to_it
        raised = self._answered(lighter) | self._set(OverrideKind.DOWNWARD, lighter)
        raised &= self._set(OverrideKind.UPWARD, same)
        return ~self._set(OverrideKind.UPWARD, graver) & (stays | raised)

    def _answered(self, classes: Collection[str]) -> Q:
        """The answers say one of the classes; exempt only with the exemption's own approver."""
        exemption = self.pack.document.get("exemption")
        if exemption is None:
            return Q(class_id__in=classes)
        exempt = exemption["class"]
        approved = self._of_it(OverrideKind.EXEMPTION)
        found = Q(class_id__in=[each for each in classes if each != exempt])
        if exempt in classes:
            found |= Q(class_id=exempt) & approved
        if exemption["stands_as"] in classes:
            found |= Q(class_id=exempt) & ~approved
        return found

    def _set(self, kind: OverrideKind, classes: Collection[str]) -> Q:
        """Some override of this kind to one of the classes is in force and counts."""
        if not classes:
            return Q(pk__in=())
        to = Q(to_class__in=classes)
        if UNDETERMINED in classes:
            to |= ~Q(to_class__in=self.order)
        return self._of_it(kind, to)

    def _of_it(self, kind: OverrideKind, to: Q | None = None) -> Q:
        counting = Override.objects.in_force(on=self.on).filter(to or Q(), kind=kind, pack=LAW)
        if kind == OverrideKind.UPWARD:  # nobody answers these away
            return Q(Exists(counting.filter(system=OuterRef("system"))))
        return Q(Exists(counting.filter(assessment=OuterRef("pk"))))
