"""App configuration of the measure stage."""

from __future__ import annotations

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    """The metric catalogue, the store of results, and the figures made of them."""

    name = "servloop_app.measure"
    label = "measure"

    def ready(self) -> None:
        """Make the job kinds and actions known, and have figures follow the facts."""
        from servloop_app.collect.events import (  # noqa: PLC0415  # models are ready now
            ImportStored,
            ImportUndone,
            PersonalDataErased,
        )
        from servloop_app.core import hooks  # noqa: PLC0415
        from servloop_app.measure import (  # noqa: PLC0415
            actions_benchmarks,  # noqa: F401  # makes its actions known
            actions_scorecards,  # noqa: F401
            benchmark_tasks,
            study_kinds_forms,
            study_kinds_models,
            study_kinds_survey,
            study_tasks,  # noqa: F401  # makes its jobs known
            tasks,
        )
        from servloop_app.measure.actions_studies import FOLLOW_JOB  # noqa: PLC0415

        study_kinds_survey.register()
        study_kinds_models.register()
        study_kinds_forms.register()
        for event in (ImportStored, ImportUndone, PersonalDataErased):
            hooks.subscribe(event, tasks.FOLLOW_JOB)
            hooks.subscribe(event, FOLLOW_JOB)
            hooks.subscribe(event, benchmark_tasks.FOLLOW_JOB)
