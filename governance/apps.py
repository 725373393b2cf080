from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"

    def ready(self) -> None:
        from governance.access import attending, holding
        from governance.approvals import telling
        from governance.gate import services as gate
        from governance.risk import panels as risk
        from governance.suspensions import approving
        from governance.suspensions import panels as suspensions
        from registry.deployments import hooks

        attending.attend()
        holding.fill()
        risk.hang()
        telling.tell()
        suspensions.hang()
        approving.offer()
        if hooks.gate is None:
            hooks.gate = gate.for_deployment
