from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pennie.accounts"
    label = "accounts"
    verbose_name = "Clinics and people"

    def ready(self) -> None:
        import pennie.accounts.openapi  # noqa: F401  # drf-spectacular finds what is imported
