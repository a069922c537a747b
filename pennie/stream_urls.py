"""The addresses of the stream process: those of the API that stay open."""

from django.urls import path

from jobs.api.v1.stream import stream_job

urlpatterns = [
    path("api/v1/jobs/<uuid:job_id>/stream/", stream_job),
]
