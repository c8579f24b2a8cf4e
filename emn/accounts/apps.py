"""Registration of the app with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "emn.accounts"
    label = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        """Register what the accounts hold about people, their sections and their permissions."""
        from emn.accounts import own_data, own_sections, roles  # noqa: PLC0415 -- needs the models
        from emn.accounts.enums import Role  # noqa: PLC0415

        own_data.register_own_data()
        own_sections.register_own_sections()
        reads_people = (
            "mailings.view_subscriber",
            "mailings.view_consentrecord",
            "mailings.unsubscribe_subscriber",
        )
        roles.grant(
            Role.RECEPTION,
            "accounts.view_user",
            "mailings.view_outboundemail",
            "mailings.decide_dead_letter",
            "mailings.view_mailincident",
            "mailings.handle_incident",
            "mailings.view_suppression",
            "mailings.lift_suppression",
            *reads_people,
        )
        roles.grant(
            Role.EDITOR,
            *reads_people,
            "mailings.view_mailinglist",
            "mailings.add_mailinglist",
            "mailings.change_mailinglist",
            "mailings.view_topic",
            "mailings.add_topic",
            "mailings.change_topic",
            "mailings.view_jobfunction",
            "mailings.add_jobfunction",
            "mailings.change_jobfunction",
            "mailings.view_consenttext",
            "mailings.view_subscriberimport",
            "mailings.import_subscribers",
        )
        roles.grant(
            Role.EDITOR,
            "mailings.view_campaign",
            "mailings.add_campaign",
            "mailings.change_campaign",
            "mailings.delete_campaign",
            "mailings.send_campaign",
        )
        roles.grant(
            Role.DIRECTOR, "accounts.view_user", "accounts.change_user", "accounts.manage_staff"
        )
