from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs.character_recognition import tell_recognition  # settings and models are there only now
        from pennie.observability.reachable_services import add_notice

        add_notice(tell_recognition)
