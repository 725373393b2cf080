from governance.access.models import (
    AISystemPermission,
    Person,
    PersonalToken,
    RoleAssignment,
    Scope,
    ServiceKey,
)
from governance.approvals.models import (
    ApprovalPolicy,
    ApprovalRequest,
    Exclusion,
    Notice,
    Signature,
    Stage,
)
from governance.delegations.models import Delegation
from governance.evidence.models import Evidence
from governance.gate.models import GateAnswer
from governance.risk.models import Assessment, AssessmentDraft, Override
from governance.suspensions.models import Suspension
from governance.waivers.models import Waiver

__all__ = [
    "AISystemPermission",
    "ApprovalPolicy",
    "ApprovalRequest",
    "Assessment",
    "AssessmentDraft",
    "Delegation",
    "Evidence",
    "Exclusion",
    "GateAnswer",
    "Notice",
    "Override",
    "Person",
    "PersonalToken",
    "RoleAssignment",
    "Scope",
    "ServiceKey",
    "Signature",
    "Stage",
    "Suspension",
    "Waiver",
]
