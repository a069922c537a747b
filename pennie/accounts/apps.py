from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "pennie.accounts"
    label = "accounts"
    verbose_name = "Clinics and people"
